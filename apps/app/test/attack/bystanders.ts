import { setTimeout as pause } from 'node:timers/promises'

import type { AttackStage } from './attack-stage.ts'
import { bystander } from './cast.ts'
import { JmapUser } from './jmap-user.ts'

const doings = ['noop', 'echo', 'greeting', 'delivery'] as const
type Doing = (typeof doings)[number]

export interface BystanderOptions {
  /** Left out: all. */
  readonly doings?: readonly Doing[]
}

export interface BystanderReport {
  /** How many times they were answered. */
  readonly answered: number
  readonly worstMs: number
  /** What was answered otherwise than always. */
  readonly refusals: readonly string[]
  /** For the line of an attack. */
  readonly figures: Readonly<Record<string, number | string>>
}

const everyMs: Readonly<Record<Doing, number>> = {
  noop: 20,
  echo: 20,
  greeting: 20,
  delivery: 100,
}

/** Honest users while an attack goes on: an IMAP session, a JMAP client, servers that come to the MX, and mail for them. */
export class Bystanders implements AsyncDisposable {
  readonly #stop = new AbortController()
  readonly #resources: AsyncDisposableStack
  readonly #worst = new Map<Doing, number>()
  readonly #refusals = new Set<string>()
  #work: Promise<unknown> = Promise.resolve()
  #answered = 0

  private constructor(resources: AsyncDisposableStack) {
    this.#resources = resources
  }

  static async begin(stage: AttackStage, options: BystanderOptions = {}): Promise<Bystanders> {
    await using resources = new AsyncDisposableStack()
    const acts = await actsOf(stage, resources)
    const bystanders = new Bystanders(resources.move())
    const loops = (options.doings ?? doings).map((doing) => bystanders.#repeat(doing, acts[doing]))
    bystanders.#work = Promise.all(loops)
    return bystanders
  }

  /** Ends them. */
  async report(): Promise<BystanderReport> {
    this.#stop.abort()
    await this.#work
    await this.#resources.disposeAsync()
    const worstMs = Math.round(Math.max(0, ...this.#worst.values()))
    const figures = Object.fromEntries(
      [...this.#worst].map(([doing, ms]) => [`others_${doing}_ms`, Math.round(ms)]),
    )
    return {
      answered: this.#answered,
      worstMs,
      refusals: [...this.#refusals],
      figures: { others_answered: this.#answered, ...figures },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#stop.signal.aborted) await this.report()
  }

  async #repeat(doing: Doing, act: () => Promise<void>): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const begun = performance.now()
      try {
        await act()
        this.#answered += 1
      } catch (error) {
        this.#refusals.add(`${doing}: ${error instanceof Error ? error.message : String(error)}`)
      }
      const tookMs = performance.now() - begun
      this.#worst.set(doing, Math.max(tookMs, this.#worst.get(doing) ?? 0))
      await pause(Math.max(0, everyMs[doing] - tookMs))
    }
  }
}

async function actsOf(
  stage: AttackStage,
  resources: AsyncDisposableStack,
): Promise<Readonly<Record<Doing, () => Promise<void>>>> {
  const home = stage.network()
  const imap = resources.use(await stage.imap(home(1), bystander))
  const jmap = await JmapUser.open(stage, home(2), bystander)
  const mx = resources.use(await stage.smtp(home(3)))
  const echo = jmap.body(['Core/echo', {}])
  let comers = 0
  let network = stage.network()
  return {
    noop: async () => void (await imap.ok('NOOP')),
    echo: async () => {
      const { status, text } = await jmap.post(echo)
      if (status !== 200) throw new Error(`${status} ${text.slice(0, 200)}`)
    },
    // Another one each time: nobody else comes so often.
    greeting: async () => {
      comers = (comers + 1) % 250
      if (comers === 0) network = stage.network()
      using client = await stage.connect('mx', network(comers + 1))
      const greeting = await client.line()
      if (greeting?.startsWith('220') !== true) throw new Error(greeting ?? 'closed')
    },
    delivery: async () => {
      const steps = [
        ['MAIL FROM:<friend@example.org>', '250'],
        [`RCPT TO:<${bystander}>`, '250'],
        ['DATA', '354'],
        ['Subject: hello\r\n\r\nx\r\n.', '250'],
      ] as const
      for (const [line, code] of steps) {
        const reply = await mx.ask(line)
        if (!reply.startsWith(code)) throw new Error(reply)
      }
    },
  }
}
