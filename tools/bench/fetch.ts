import type { Membership, Uid } from '../../packages/core/src/index.ts'
import { parseFetch } from '../../packages/imap/src/grammar/fetch-items.ts'
/** What IMAP reads: from the store through the formatter to bytes, without a socket. */
import { formatFlags, shownKeyword } from '../../packages/imap/src/grammar/flags.ts'
import { parseCommand } from '../../packages/imap/src/grammar/parse-command.ts'
import { plainBatch, readBatch } from '../../packages/imap/src/session/fetch-batch.ts'
import { needsOf } from '../../packages/imap/src/session/fetch-response.ts'
import { rate, report, residentMb } from './report.ts'
import { deliver, openEmpty, type FilledStore } from './store.ts'

const pageSize = 500

/** Bytes that `UID FETCH 1:* (items)` would send. */
async function fetchAll({ store, account, inbox }: FilledStore, items: string): Promise<number> {
  const request = parseFetch(parseCommand(`a FETCH 1 (${items})`, []).args.slice(1))
  const needs = needsOf(request)
  const options = {
    needs,
    requestOf: () => request,
    numberOf: ({ uid }: Membership) => uid,
    showKeyword: shownKeyword,
  }
  let bytes = 0
  for (let after: Uid | 0 = 0; ;) {
    const page = await store.mail.read(account, ({ memberships }) =>
      memberships.page(inbox, after, pageSize),
    )
    for (let left = page; left.length > 0;) {
      const from = left
      const batch =
        needs.index || needs.bytes
          ? await store.mail.read(account, (reader) => readBatch(reader, from, options))
          : plainBatch(from, options)
      for (const { response, read } of batch.messages)
        for (const part of response.parts(read) ?? [])
          if (typeof part === 'string' || Buffer.isBuffer(part)) bytes += part.length
      left = left.slice(batch.taken)
    }
    const last = page.at(-1)
    if (last === undefined) return bytes
    after = last.uid
  }
}

export async function benchFetch(size: number): Promise<void> {
  await using filled = await openEmpty()
  await deliver(filled, { from: 0, count: size, bytes: 4096 })
  const cases = [
    ['flags and UIDs', 'UID FLAGS', 500_000],
    ['bodies of 4 KiB', 'UID BODY.PEEK[]', 60_000],
    ['envelopes', 'UID ENVELOPE', undefined],
    ['structures', 'UID BODYSTRUCTURE', undefined],
  ] as const
  for (const [name, items, atLeast] of cases) {
    const perSecond = await rate(size, () => fetchAll(filled, items))
    report({
      bench: 'fetch',
      name,
      value: perSecond,
      unit: 'messages/s',
      messages: size,
      ...(atLeast === undefined ? {} : { target: { atLeast } }),
    })
  }
  const keywords = ['$seen', '$flagged']
  const perSecond = await rate(1_000_000, () => {
    for (let i = 0; i < 1_000_000; i += 1) formatFlags(keywords, false)
  })
  report({
    bench: 'fetch',
    name: 'formatting of flags alone',
    value: perSecond,
    unit: 'messages/s',
  })
  report({
    bench: 'fetch',
    name: 'memory',
    value: residentMb(),
    unit: 'MB',
    target: { atMost: 350 },
  })
}
