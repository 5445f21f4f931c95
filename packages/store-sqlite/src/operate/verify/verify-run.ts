import { setImmediate as nextTurn } from 'node:timers/promises'

import type { Check, Scope } from './checks/scope.ts'
import type { Finding } from './finding.ts'
import type { Names } from './names.ts'
import type { Problem } from './problem.ts'

/** Problems of one kind that are told one by one; all are counted. */
const maxPerKind = 100
const turnMs = 20

export type VerifyPhase = 'pages' | 'rules' | 'mailboxes' | 'content' | 'searchIndex'

export interface VerifyProgress {
  readonly phase: VerifyPhase
  readonly done: number
  /** Of the same unit as `done`: 0 when it is not known. */
  readonly total: number
}

/** Runs checks and keeps what they find: bounded, however much is wrong. */
export class VerifyRun {
  readonly problems: Problem[] = []
  readonly counts: Map<string, number> = new Map()
  readonly #names: Names
  readonly #onProgress: (progress: VerifyProgress) => void
  readonly #incomplete = new Map<string, string>()
  #turnedAt = performance.now()

  constructor(names: Names, onProgress: (progress: VerifyProgress) => void) {
    this.#names = names
    this.#onProgress = onProgress
  }

  async run(phase: VerifyPhase, check: Check, scope: Scope): Promise<void> {
    this.#onProgress({ phase, done: 0, total: 0 })
    for (const finding of check(scope)) {
      this.#take(phase, finding)
      if (performance.now() - this.#turnedAt < turnMs) continue
      await nextTurn()
      this.#turnedAt = performance.now()
    }
  }

  /** Says which checks could not look at everything. */
  finish(): void {
    if (this.#incomplete.size === 0) return
    const [reason] = new Set(this.#incomplete.values())
    this.#add('store.unchecked', () => ({
      what: 'store.unchecked',
      where: {},
      expected: 'every page can be read',
      found: `${reason}: not checked in full: ${[...this.#incomplete.keys()].join(', ')}`,
      affects: [],
      affectedEmails: 0,
    }))
  }

  #take(phase: VerifyPhase, finding: Finding): void {
    switch (finding.kind) {
      case 'progress':
        this.#onProgress({ phase, done: finding.done, total: finding.total })
        break
      case 'incomplete':
        this.#incomplete.set(finding.what, finding.reason)
        break
      case 'wrong':
        this.#add(finding.what, () => this.#names.problemOf(finding.what, finding.row))
        break
      default:
        throw new Error('unknown finding')
    }
  }

  #add(what: string, problem: () => Problem): void {
    const count = (this.counts.get(what) ?? 0) + 1
    this.counts.set(what, count)
    if (count <= maxPerKind) this.problems.push(problem())
  }
}
