import { AttackStage } from './attack-stage.ts'
import { outcomeOf, type Attack, type Outcome, type Size } from './attack.ts'

const deadlineMs: Readonly<Record<Size, number>> = { short: 60_000, long: 300_000 }

/** Runs attacks one after the other; those whose server is configured the same share one, since that is what a server has to live with. */
export class AttackRunner implements AsyncDisposable {
  readonly #size: Size
  #stage: AttackStage | undefined
  #settings = ''

  constructor(size: Size) {
    this.#size = size
  }

  /** What goes on for too long, or throws, did not hold. */
  async run(attack: Attack): Promise<Outcome> {
    const late = Promise.withResolvers<Outcome>()
    const limitMs = deadlineMs[this.#size]
    const timer = setTimeout(
      () => late.resolve(outcomeOf({ [`over within ${limitMs / 1000} s`]: false })),
      limitMs,
    )
    try {
      const act = async (): Promise<Outcome> => attack.run(await this.#stageFor(attack), this.#size)
      const outcome = await Promise.race([act(), late.promise])
      if (!outcome.held) await this[Symbol.asyncDispose]()
      return outcome
    } catch (error) {
      await this[Symbol.asyncDispose]()
      return outcomeOf({ [error instanceof Error ? error.message : String(error)]: false })
    } finally {
      clearTimeout(timer)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stage = this.#stage
    this.#stage = undefined
    await stage?.[Symbol.asyncDispose]()
  }

  async #stageFor({ settings }: Attack): Promise<AttackStage> {
    const wanted = settings?.(this.#size) ?? {}
    const text = JSON.stringify(wanted)
    if (this.#stage === undefined || text !== this.#settings) {
      await this[Symbol.asyncDispose]()
      this.#stage = await AttackStage.open(wanted)
      if (this.#size === 'long') this.#stage.prefer()
      this.#settings = text
    }
    return this.#stage
  }
}
