import type { Sql } from '../sql.ts'

/** How far the write-ahead log has come, in frames of a page each. */
interface WalState {
  /** Frames in it. */
  readonly log: number
  /** Those that are in the database too. */
  readonly checkpointed: number
}

/** Frames after which another thread is asked to copy them: as many as SQLite lets come together. */
const dueFrames = 4_000
/** So few are copied by the writer itself: some 2 ms, and a flush of the database. */
export const maxOwnFrames = 256
/** A reader that stays can keep the log from beginning anew. From here on each commit tries. */
const largeLogFrames = 16_000

/**
 * When the write-ahead log is copied into the database. SQLite does so inside the commit that finds it long: 4,000 pages and two flushes,
 * 20 ms of work and as long as the disk likes, in which nobody's mail is taken. Here another thread copies while the writer goes on; the few frames that came
 * meanwhile are the writer's, since the log begins anew only when every frame of it is copied.
 */
export class Wal {
  readonly #sql: Sql
  readonly #ask: () => void
  #isAsked = false
  #dueAt = dueFrames
  /** When a checkpoint was asked for. */
  #before: WalState = { log: 0, checkpointed: 0 }

  /** `ask`: for a checkpoint by another thread; `noteCheckpoint` tells that it is over. */
  constructor(sql: Sql, ask: () => void) {
    this.#sql = sql
    this.#ask = ask
  }

  noteCommit(): void {
    const state = this.#state('NOOP')
    const left = state.log - state.checkpointed
    if (state.log >= largeLogFrames && left <= maxOwnFrames) this.#state('PASSIVE')
    else if (!this.#isAsked && left >= this.#dueAt) this.#askAt(state)
  }

  noteCheckpoint(): void {
    this.#isAsked = false
    const state = this.#state('NOOP')
    const left = state.log - state.checkpointed
    const copied = state.checkpointed - this.#before.checkpointed
    const hasBegunAnew = state.log < this.#before.log
    // A reader holds what is left: the copying waits until there is more of it.
    const isHeld = copied <= maxOwnFrames && !hasBegunAnew
    this.#dueAt = isHeld ? left + dueFrames : dueFrames
    if (left <= maxOwnFrames) this.#state('PASSIVE')
    else if (!isHeld && !hasBegunAnew) this.#askAt(state)
  }

  #askAt(state: WalState): void {
    this.#before = state
    this.#isAsked = true
    this.#ask()
  }

  /** `NOOP` only looks; SQLite before 3.51 takes it for `PASSIVE`, which is as right, and slower. */
  #state(mode: 'NOOP' | 'PASSIVE'): WalState {
    const state = this.#sql.get<WalState>(`PRAGMA wal_checkpoint(${mode})`)
    if (state === undefined) throw new Error('a checkpoint tells how far it has come')
    return state
  }
}
