import { Agent } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { turnUnits } from '../src/budget/request-budget.ts'
import { JmapFixture, type Answer, type Response } from './jmap-fixture.ts'
import { burnCpu, mostTurnCpuMs } from './turn-yardstick.ts'
import {
  echoesOfEchoes,
  manyItems,
  manyNames,
  worstRequests,
  type WorstRequest,
} from './worst-requests.ts'

const messageBytes = 1_500_000
/** The largest thing that is done in one go: a list of addresses in one field, a few milliseconds. */
const largestUnits = 4 * turnUnits

let jmap: JmapFixture
beforeEach(async () => {
  jmap = await JmapFixture.open({
    maxSizeUpload: messageBytes,
    maxMessageBytes: messageBytes,
    maxRequestWorkBytes: 64_000_000,
  })
})
afterEach(() => jmap[Symbol.asyncDispose]())

function responsesOf({ text }: Answer): Response[] {
  return (JSON.parse(text) as { methodResponses: Response[] }).methodResponses
}

function typesOf(answer: Answer): unknown[] {
  return responsesOf(answer).map(([name, args]) => (name === 'error' ? args['type'] : name))
}

/** A request of somebody else, over and over, for as long as `work` is not done. Answers how many were answered before that. */
async function whileOthersAsk<T>(work: Promise<T>): Promise<{ result: T; answered: number }> {
  const until = new AbortController()
  let answered = 0
  const agent = new Agent({ keepAlive: true })
  const body = { using: ['urn:ietf:params:jmap:core'], methodCalls: [['Core/echo', {}, 'a']] }
  const askAgain = async (): Promise<void> => {
    while (!until.signal.aborted) {
      const { status } = await jmap.api(body, {
        agent,
        headers: { authorization: jmap.otherLogin },
      })
      expect(status).toBe(200)
      if (!until.signal.aborted) answered += 1
    }
  }
  const [result] = await Promise.all([work.finally(() => until.abort()), askAgain()])
  agent.destroy()
  return { result, answered }
}

describe('the worst request of each kind is done in turns, and others are answered meanwhile', () => {
  it.each(worstRequests(messageBytes).map((worst) => [worst.name, worst] as const))(
    '%s',
    async (name: string, { body }: WorstRequest) => {
      const worst = await body(jmap)
      jmap.turns.length = 0
      jmap.turnsCpuMs.length = 0
      const delay = monitorEventLoopDelay({ resolution: 1 })
      delay.enable()
      const { result, answered } = await whileOthersAsk(jmap.api(worst))
      delay.disable()
      const turns = [...jmap.turns]
      const longestMs = Math.max(...jmap.turnsCpuMs)
      process.stdout.write(
        `${name}: ${turns.length} turns of up to ${longestMs.toFixed(1)} ms CPU, ${answered} others answered, loop ${Math.round(delay.max / 1e6)} ms\n`,
      )
      expect([200, 400]).toContain(result.status)
      expect(Math.max(...turns)).toBeLessThanOrEqual(largestUnits)
      // What was declared may be less than what was done.
      expect(longestMs).toBeLessThan(mostTurnCpuMs())
      expect(jmap.logged).toEqual([])
      // What takes long lets others in long before it is done.
      if (turns.length > 200) expect(answered).toBeGreaterThan(3)
    },
    120_000,
  )

  it('work that nobody declared is seen in the CPU time of its turn', async () => {
    const id = await jmap.add('Subject: x\n\nx')
    const most = mostTurnCpuMs()
    const { mail } = jmap.store
    const read = mail.read.bind(mail)
    jmap.turns.length = 0
    const reading = vi.spyOn(mail, 'read').mockImplementation((account, work) => {
      burnCpu(most)
      return read(account, work)
    })
    await jmap.call('Email/get', { ids: [id], properties: ['subject'] })
    reading.mockRestore()
    expect(Math.max(...jmap.turns)).toBeLessThanOrEqual(largestUnits)
    expect(Math.max(...jmap.turnsCpuMs)).toBeGreaterThanOrEqual(most)
  }, 60_000)
})

describe('a request over its budget', () => {
  it('echoes of echoes: the call that goes over it and those behind it are refused, what was before is answered', async () => {
    const answer = await jmap.api(echoesOfEchoes())
    const types = typesOf(answer)
    expect(types).toHaveLength(15)
    const answered = types.findIndex((type) => type !== 'Core/echo')
    expect(answered).toBeGreaterThan(5)
    expect(new Set(types.slice(answered))).toEqual(new Set(['requestTooLarge']))
    expect(answer.body.length).toBeLessThan(64_000_000)
    expect((await jmap.api(echoesOfEchoes(5))).text.match(/"x"/g)).toHaveLength(341)
  })

  it('a reference costs what it stands for, each time', async () => {
    const text = 'x'.repeat(100_000)
    const reference = { resultOf: 'c0', name: 'Core/echo', path: '/text' }
    const calls = Array.from({ length: 30 }, (_, at): [string, object, string] =>
      at === 0 ? ['Core/echo', { text }, 'c0'] : ['Core/echo', { '#text': reference }, `c${at}`],
    )
    await using small = await JmapFixture.open({ maxRequestWorkBytes: 1_050_000 })
    const body = { using: ['urn:ietf:params:jmap:core'], methodCalls: calls }
    const types = typesOf(await small.api(body))
    expect(types.filter((type) => type === 'Core/echo')).toHaveLength(9)
    expect(types.at(-1)).toBe('requestTooLarge')
  })

  it('its answer is bounded: an echo of large arguments counts', async () => {
    await using small = await JmapFixture.open({ maxResponseBytes: 250_000 })
    const text = 'x'.repeat(100_000)
    const echo = ['Core/echo', { text }, 'c']
    const body = { using: ['urn:ietf:params:jmap:core'], methodCalls: [echo, echo, echo, echo] }
    const answer = await small.api(body)
    expect(typesOf(answer)).toEqual([
      'Core/echo',
      'Core/echo',
      'requestTooLarge',
      'requestTooLarge',
    ])
    expect(answer.body.length).toBeLessThan(250_000)
  })

  it.each([
    ['control characters', '\u0001'],
    ['letters of three bytes', '語'],
  ])('%s count as the bytes that they are in the answer', async (_what, character) => {
    const maxResponseBytes = 250_000
    await using small = await JmapFixture.open({ maxResponseBytes })
    const texts = Array.from({ length: 130 }, () => character.repeat(900))
    const [name = ''] = texts
    for (const args of [{ texts }, { [name]: texts.slice(0, 60), [`${name}2`]: texts.slice(60) }]) {
      const echo = ['Core/echo', args, 'c']
      const answer = await small.api({ using: ['urn:ietf:params:jmap:core'], methodCalls: [echo] })
      expect(typesOf(answer)).toEqual(['requestTooLarge'])
      expect(answer.body.length).toBeLessThan(maxResponseBytes)
    }
  })

  it.each([
    ['500,000 names in one object', () => manyNames(500_000), 'maxObjectNames'],
    ['items of one array', () => manyItems('1', 10_000), 'maxArrayItems'],
    ['values of all kinds', () => manyItems(`[${'1,'.repeat(4000)}1]`, 60), 'maxJsonNodes'],
  ])('%s: refused before they are built', async (_what, body, limit) => {
    const answer = await jmap.api(body())
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.text)).toMatchObject({
      type: 'urn:ietf:params:jmap:error:limit',
      limit,
    })
    expect(jmap.security.of('jmapAbuse')).toMatchObject([
      { event: { kind: 'limit', detail: limit } },
    ])
  })

  it('what was created is told, and what was not is too', async () => {
    await using small = await JmapFixture.open({ maxRequestWorkBytes: 400_000 })
    const blobId = await small.upload('x'.repeat(100_000), 'application/pdf')
    const draft = { mailboxIds: { [small.boxes['drafts'] ?? '']: true }, attachments: [{ blobId }] }
    const { created, ...rest } = await small.call('Email/set', {
      create: Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((id) => [id, draft])),
    })
    const notCreated = rest['notCreated'] as Record<string, { type: string }>
    expect(Object.keys(created)).toEqual(['a', 'b', 'c'])
    expect(Object.values(notCreated).map(({ type }) => type)).toEqual(['rateLimit', 'rateLimit'])
    const { list } = await small.call('Email/get', {
      ids: Object.values(created).map(({ id }) => id),
      properties: ['size'],
    })
    expect(list).toHaveLength(3)
  })

  // The whole call failed, and its creations were not told.
  it('what was created is told where the updates behind it cannot be read any more', async () => {
    await using small = await JmapFixture.open({ maxRequestWorkBytes: 400_000 })
    const ids: string[] = []
    for (let at = 0; at < 40; at += 1) ids.push(await small.add(`Subject: ${at}\n\nx\n`))
    const answer = await small.call('Email/set', {
      create: { a: { mailboxIds: { [small.boxes['drafts'] ?? '']: true } } },
      update: Object.fromEntries(
        ids.map((id, at) => [id, { subject: String(at), 'keywords/k': true }]),
      ),
    })
    expect(Object.keys(answer.created)).toEqual(['a'])
    const notUpdated = answer['notUpdated'] as Record<string, { type: string }>
    const updated = Object.keys(answer['updated'] as object)
    expect(updated.length).toBeGreaterThan(0)
    expect(Object.keys(notUpdated)).toEqual(ids.slice(updated.length))
    expect(new Set(Object.values(notUpdated).map(({ type }) => type))).toEqual(
      new Set(['rateLimit']),
    )
  })

  it('a draft that takes one text many times pays for each, and is made no further than a message may be long', async () => {
    const limits = { maxRequestWorkBytes: 300_000, maxMessageBytes: 1_000_000 }
    await using small = await JmapFixture.open(limits)
    await using large = await JmapFixture.open({ ...limits, maxRequestWorkBytes: 5_000_000 })
    large.turns.length = 0
    expect(await createWithOneText(large, 200)).toMatchObject({
      notCreated: { d: { type: 'tooLarge', maxSize: 1_000_000 } },
    })
    expect(large.turns.reduce((sum, units) => sum + units, 0)).toBeLessThan(5_000_000)
    expect(await createWithOneText(small, 9)).toMatchObject({
      notCreated: { d: { type: 'rateLimit' } },
    })
    expect(await createWithOneText(small, 2)).toMatchObject({ notCreated: null })
  })

  it('recipients that a submission tells of count, before it goes out', async () => {
    const maxResponseBytes = 30_000
    await using small = await JmapFixture.open({ maxResponseBytes })
    const to = Array.from({ length: 100 }, (_, at) => `recipient${at}@somewhere.example`).join(',')
    const emailId = await small.add(`From: me@example.test\nTo: ${to}\n\nx`)
    const { list } = await small.call('Identity/get')
    const submission = { emailId, identityId: list[0]?.id }
    const answer = await small.call('EmailSubmission/set', {
      create: { a: submission, b: submission, c: submission, d: submission, e: submission },
    })
    expect(JSON.stringify(answer).length).toBeLessThan(maxResponseBytes)
    expect(small.submitted).toHaveLength(Object.keys(answer.created).length)
    const refused = Object.values(answer['notCreated'] as Record<string, { type: string }>)
    expect(new Set(refused.map(({ type }) => type))).toEqual(new Set(['rateLimit']))
  })

  it('objects of a /set that are refused take turns: five hundred drafts took a seventh of a second', async () => {
    jmap.turns.length = 0
    const destroy = Array.from({ length: 490 }, (_, at) => `#none${at}`)
    const { notDestroyed } = await jmap.call('Email/set', { destroy })
    expect(Object.keys(notDestroyed as object)).toHaveLength(490)
    expect(jmap.turns.length).toBeGreaterThan(12)
  })

  it('the parts of a draft are described in turns: two hundred long names took a sixth of a second', async () => {
    const part = { partId: 't', type: 'text/plain', name: 'ä' }
    const draft = {
      mailboxIds: { [jmap.boxes['drafts'] ?? '']: true },
      bodyValues: { t: { value: 'x' } },
      attachments: Array.from({ length: 200 }, () => part),
    }
    jmap.turns.length = 0
    expect(await jmap.call('Email/set', { create: { d: draft } })).toMatchObject({
      notCreated: null,
    })
    expect(jmap.turns.length).toBeGreaterThan(25)
  })

  it('what a submission reserved for what follows it is there again when it fails', async () => {
    await using small = await JmapFixture.open({ maxResponseBytes: 30_000 })
    small.beforeSubmission = () => Promise.reject(new Error('broken'))
    const emailId = await small.add('From: me@example.test\nTo: a@example.net\n\nx')
    const { list } = await small.call('Identity/get')
    const submission = {
      create: { s: { emailId, identityId: list[0]?.id } },
      onSuccessDestroyEmail: Array.from({ length: 20 }, (_, at) => `#s${at}`),
    }
    const answers = await small.calls(
      ['EmailSubmission/set', submission],
      ['Core/echo', { text: 'x'.repeat(15_000) }],
    )
    expect(answers.map(([name, args]) => (name === 'error' ? args['type'] : name))).toEqual([
      'serverFail',
      'Core/echo',
    ])
  })

  it('bodies are charged before they are decoded', async () => {
    await using small = await JmapFixture.open({ maxRequestWorkBytes: 500_000 })
    const type = 'Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable'
    const id = await small.add(`${type}\n\n${'=41=42=43=\n'.repeat(60_000)}`)
    small.turns.length = 0
    const asked = { ids: [id], properties: ['bodyValues'], fetchAllBodyValues: true }
    expect(await small.call('Email/get', asked)).toMatchObject({ error: 'requestTooLarge' })
    expect(small.turns.reduce((sum, units) => sum + units, 0)).toBeLessThan(200_000)
    // Little is asked, little is decoded.
    const { list } = await small.call('Email/get', { ...asked, maxBodyValueBytes: 10 })
    expect(list).toMatchObject([
      { bodyValues: { '1': { value: 'ABCABCABCA', isTruncated: true, isEncodingProblem: false } } },
    ])
  })
})

describe('several large requests at once', () => {
  it('share the turns: each goes on before one of them is done', async () => {
    const type = 'Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable'
    const id = await jmap.add(`${type}\n\n${'=41=42=43=\n'.repeat(100_000)}`)
    const order: string[] = []
    const ask = async (name: string, calls: number): Promise<void> => {
      const call: [string, object] = [
        'Email/get',
        { ids: [id], properties: ['bodyValues'], fetchAllBodyValues: true },
      ]
      await jmap.calls(...Array.from({ length: calls }, () => call))
      order.push(name)
    }
    // The last to come has the least to do.
    await Promise.all([ask('long', 30), ask('longer', 32), ask('short', 1)])
    expect(order[0]).toBe('short')
  }, 60_000)

  it('who leaves before the answer still holds a place until the work on it is done', async () => {
    await using narrow = await JmapFixture.open({ maxConcurrentRequests: 1, maxWaitingRequests: 0 })
    const { promise: submitted, resolve: finish } = Promise.withResolvers<void>()
    const { promise: began, resolve: begin } = Promise.withResolvers<void>()
    narrow.beforeSubmission = async () => {
      begin()
      await submitted
    }
    const emailId = await narrow.add('From: me@example.test\nTo: a@example.net\n\nx')
    const { list } = await narrow.call('Identity/get')
    const create = { s: { emailId, identityId: list[0]?.id } }
    const leaving = new AbortController()
    const sending = narrow
      .api(
        {
          using: ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:submission'],
          methodCalls: [['EmailSubmission/set', { accountId: narrow.accountId, create }, 'c']],
        },
        { signal: leaving.signal },
      )
      .catch(() => undefined)
    await began
    leaving.abort()
    await sending
    const echo = { using: ['urn:ietf:params:jmap:core'], methodCalls: [] }
    expect((await narrow.api(echo)).status).toBe(400)
    finish()
    await expect.poll(async () => (await narrow.api(echo)).status, { timeout: 30_000 }).toBe(200)
  })
})

/** A draft that takes in one text so many times. */
function createWithOneText(fixture: JmapFixture, times: number): Promise<unknown> {
  const part = { partId: 't', type: 'text/plain' }
  const draft = {
    mailboxIds: { [fixture.boxes['drafts'] ?? '']: true },
    bodyValues: { t: { value: 'ä'.repeat(32_000) } },
    attachments: Array.from({ length: times }, () => part),
  }
  return fixture.call('Email/set', { create: { d: draft } })
}
