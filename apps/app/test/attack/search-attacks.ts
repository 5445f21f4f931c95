import { setTimeout as pause } from 'node:timers/promises'

import type { AttackStage } from './attack-stage.ts'
import { outcomeOf, type Attack } from './attack.ts'
import { victim } from './cast.ts'
import { JmapUser } from './jmap-user.ts'
import { measured } from './measured.ts'

/** Mail in somebody's inbox, all of it in one session. */
async function fill(stage: AttackStage, user: string, mails: number): Promise<void> {
  using imap = await stage.imap(stage.network()(1), user)
  for (let at = 0; at < mails; at += 1) {
    const content = `From: a@example.org\r\nSubject: mail ${at}\r\nReferences: <${at % 7}@x>\r\nX-${at % 50}: y\r\n\r\n${'word '.repeat(50)}\r\n`
    await imap.ok(`APPEND INBOX {${content.length}}`, content)
  }
}

const searches = {
  '99-header-conditions': {
    filter: {
      operator: 'AND',
      conditions: Array.from({ length: 99 }, (_, at) => ({
        operator: 'NOT',
        conditions: [{ header: [`X-${at}`, 'nothing like it'] }],
      })),
    },
  },
  'thread-keyword-sorts': {
    filter: { text: 'word' },
    sort: Array.from({ length: 8 }, (_, at) => ({
      property: at % 2 === 0 ? 'someInThreadHaveKeyword' : 'allInThreadHaveKeyword',
      keyword: `k${at}`,
      isAscending: at % 3 === 0,
    })),
  },
} as const

/** Clients that ask again and again, and go before they are answered, while somebody looks into his inbox. */
function search(name: keyof typeof searches): Attack {
  return {
    name,
    section: '2',
    async run(stage, size) {
      const mails = size === 'long' ? 3000 : 100
      const user = await stage.newAccount()
      await fill(stage, user, mails)
      const asking = await JmapUser.open(stage, stage.network()(66), user)
      const looking = await JmapUser.open(stage, stage.network()(1), victim)
      const list = looking.body(['Email/query', { filter: { inMailbox: await looking.inbox() } }])
      const body = asking.body(['Email/query', searches[name]])
      const lists = size === 'long' ? 100 : 10
      const { result, checks, figures } = await measured(stage, size, async () => {
        const leaving = new AbortController()
        const asked = Array.from({ length: 8 }, async () => {
          while (!leaving.signal.aborted)
            await asking
              .post(body, AbortSignal.any([leaving.signal, AbortSignal.timeout(500)]))
              .catch(() => undefined)
        })
        let worstMs = 0
        let answered = 0
        for (let count = 0; count < lists; count += 1) {
          const begun = performance.now()
          const { status, text } = await looking.post(list)
          worstMs = Math.max(worstMs, performance.now() - begun)
          if (status === 200 && text.includes('"Email/query"')) answered += 1
          await pause(20)
        }
        leaving.abort()
        await Promise.all(asked)
        return { answered, worstMs: Math.round(worstMs) }
      })
      return outcomeOf(
        {
          ...checks,
          'the inbox of another is listed each time': result.answered === lists,
          ...(size === 'long' ? { 'within a second': result.worstMs <= 1000 } : {}),
        },
        {
          mails,
          request_bytes: body.length,
          lists: result.answered,
          list_ms: result.worstMs,
          ...figures,
        },
      )
    },
  }
}

export const searchAttacks: readonly Attack[] = [
  search('99-header-conditions'),
  search('thread-keyword-sorts'),
]
