import type { AttackStage } from './attack-stage.ts'
import { outcomeOf, type Attack, type Size } from './attack.ts'
import { attacker } from './cast.ts'
import { JmapUser, responsesIn } from './jmap-user.ts'
import { measured } from './measured.ts'

async function open(stage: AttackStage): Promise<JmapUser> {
  return JmapUser.open(stage, stage.network()(66), attacker)
}

/** A request, so many times at once, that is to be refused or answered within its budget. */
async function ask(
  stage: AttackStage,
  size: Size,
  user: JmapUser,
  request: { readonly body: string; readonly times?: number },
) {
  const measurement = await measured(stage, size, () =>
    Promise.all(Array.from({ length: request.times ?? 1 }, () => user.post(request.body))),
  )
  const answers = measurement.result
  const statuses = [...new Set(answers.map(({ status }) => status))].join(' ')
  const bytes = Math.max(...answers.map(({ text }) => text.length))
  return {
    ...measurement,
    answers,
    figures: { statuses, answer_bytes: bytes, ...measurement.figures },
  }
}

const echoesOfEchoes: Attack = {
  name: 'echoes-of-echoes',
  section: '2',
  async run(stage, size) {
    const user = await open(stage)
    const calls = Array.from({ length: 15 }, (_, at): [string, object] => {
      if (at === 0) return ['Core/echo', { text: 'x' }]
      const reference = { resultOf: `c${at - 1}`, name: 'Core/echo', path: '' }
      return ['Core/echo', { '#a': reference, '#b': reference, '#c': reference, '#d': reference }]
    })
    const body = user.body(...calls)
    const { answers, checks, figures } = await ask(stage, size, user, { body })
    const types = responsesIn(answers[0]?.text ?? '').map(([name, args]) => args['type'] ?? name)
    return outcomeOf(
      {
        ...checks,
        'what is over the budget is refused': types.at(-1) === 'requestTooLarge',
        'what was before is answered': types[0] === 'Core/echo',
      },
      { request_bytes: body.length, ...figures },
    )
  },
}

const manyNames: Attack = {
  name: 'half-a-million-names',
  section: '2',
  async run(stage, size) {
    const user = await open(stage)
    const names = Array.from({ length: 500_000 }, (_, at) => `"name${at}":1`).join(',')
    const body = `{"using":["urn:ietf:params:jmap:core"],"methodCalls":[["Core/echo",{${names}},"c"]]}`
    const { answers, checks, figures } = await ask(stage, size, user, { body })
    return outcomeOf({ ...checks, 'it is refused': answers[0]?.status === 400 }, figures)
  },
}

function bigMessage(bytes: number): string {
  const head =
    'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
  const line = 'H=C3=A4llo Welt, =\r\n'
  return head + line.repeat(Math.floor(bytes / line.length))
}

/** `Email/get` with all bodies of large mails, again and again in one request. */
function bodies(name: string, times: number): Attack {
  return {
    name,
    section: '2',
    async run(stage, size) {
      const user = await open(stage)
      const [calls, mails, bytes] = size === 'long' ? [32, 20, 30_000_000] : [3, 4, 1_000_000]
      const message = bigMessage(bytes)
      const ids = await user.add(
        Array.from({ length: mails }, (_, at) => `Subject: ${at}\r\n${message}`),
      )
      const call = [
        'Email/get',
        { ids, properties: ['bodyValues'], fetchAllBodyValues: true },
      ] as const
      const body = user.body(...Array.from({ length: calls }, () => call))
      const { answers, checks, figures } = await ask(stage, size, user, { body, times })
      return outcomeOf(
        {
          ...checks,
          'all are answered or refused': answers.every(({ status }) =>
            [200, 400, 429].includes(status),
          ),
        },
        figures,
      )
    },
  }
}

export const jmapRequestAttacks: readonly Attack[] = [
  echoesOfEchoes,
  manyNames,
  bodies('large-bodies', 1),
  bodies('large-bodies-eight-at-once', 8),
]
