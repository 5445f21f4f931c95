import type {
  Account,
  Alias,
  Delivery,
  DeliveryResult,
  MailOp,
  NewPassword,
  PrincipalId,
  QueueLease,
  QueueOutcome,
  Quota,
} from '@gatepost/core'

import type { WireError } from '../errors.ts'
import type { BlobRow } from './blobs.ts'
import type { AnyResult } from './ops/run-ops.ts'
import type { WideProgress } from './ops/wide-op.ts'
import type { Packed } from './packed.ts'
import type { PrincipalJob } from './principals/principal-job.ts'
import type { PreparedJob } from './run-job.ts'
import type { SweepProgress, TombstonePolicy } from './slices/sweep.ts'

/** What the writer can be asked to do; each is one transaction, or begins with one (`JobResult`). Keys are those of the database. */
export type WriterJob =
  | {
      readonly kind: 'transact'
      readonly account: number
      readonly ops: readonly MailOp[]
      /** Undefined: the owner. */
      readonly viewer?: PrincipalId | undefined
    }
  | { readonly kind: 'deliver'; readonly delivery: Delivery }
  | {
      readonly kind: 'lease'
      readonly now: number
      readonly leaseMs: number
      readonly limit: number
      readonly owner: string
      /** Whoever else holds leases is dead. */
      readonly takesOver: boolean
    }
  | {
      readonly kind: 'settle'
      readonly queue: number
      readonly domain: string
      readonly leaseUntil: number
      readonly owner: string
      readonly outcomes: readonly QueueOutcome[]
    }
  | { readonly kind: 'renewIndexes'; readonly blobs: readonly BlobRow[] }
  | { readonly kind: 'retryQueue'; readonly queue: number | null }
  | { readonly kind: 'deleteQueue'; readonly queue: number }
  | { readonly kind: 'addDomain'; readonly name: string }
  | { readonly kind: 'deleteDomain'; readonly name: string }
  | { readonly kind: 'addAccount'; readonly address: string; readonly password: NewPassword }
  | PrincipalJob
  | { readonly kind: 'setQuota'; readonly address: string; readonly quota: Quota }
  | { readonly kind: 'deleteAccount'; readonly address: string }
  | { readonly kind: 'addAlias'; readonly alias: Alias }
  | { readonly kind: 'deleteAlias'; readonly address: string }
  | { readonly kind: 'sweep'; readonly policy: TombstonePolicy; readonly progress: SweepProgress }
  /** `until`: where it has begun, up to which note. */
  | { readonly kind: 'takeBackCopies'; readonly until?: number }
  /** What the writer gives itself to do: the rest of a job of another kind. */
  | {
      readonly kind: 'goOn'
      readonly account: number
      readonly viewer?: PrincipalId | undefined
      /** Of the ops before the wide one. */
      readonly earlier: readonly AnyResult[]
      readonly progress: WideProgress
      /** It has failed with this, and is being undone. */
      readonly failure: WireError | null
    }
  | { readonly kind: 'purgeAccount'; readonly account: number }
  | { readonly kind: 'purgeViewers' }

export interface WriterAnswers {
  readonly transact: readonly AnyResult[]
  readonly deliver: DeliveryResult
  readonly lease: readonly QueueLease[]
  readonly settle: null
  readonly renewIndexes: null
  readonly retryQueue: number
  readonly deleteQueue: null
  readonly addDomain: null
  readonly deleteDomain: null
  readonly addAccount: Account
  readonly setPassword: null
  readonly addAppPassword: null
  readonly deleteAppPassword: null
  readonly setRoles: null
  readonly setAccess: null
  readonly noteUse: null
  readonly addScramKeys: null
  readonly setQuota: null
  readonly deleteAccount: null
  readonly addAlias: null
  readonly deleteAlias: null
  readonly sweep: null
  readonly takeBackCopies: null
  readonly goOn: readonly AnyResult[]
  readonly purgeAccount: null
  readonly purgeViewers: null
}
export type WriterAnswer = WriterAnswers[keyof WriterAnswers]

export interface WriterRequest {
  readonly id: number
  /** The caller's clock, when it asked. */
  readonly now: number
  readonly job: WriterJob
  /** Left out: there is nothing to prepare, or the writer does it itself. */
  readonly prepared?: PreparedJob | undefined
}

/** What the writer hears. */
export type WriterInput =
  | WriterRequest
  /** Requests that a preparing thread has packed. */
  | { readonly packed: Packed }
  | { readonly kind: 'checkpointed' }

export type WriterOutcome =
  | { readonly id: number; readonly answer: WriterAnswer }
  | { readonly id: number; readonly error: WireError }

/** Everything one commit settled, in one message: what changed is told before the answers. */
export interface WriterReport {
  readonly outcomes: readonly WriterOutcome[]
  /** Accounts with their new modseq. */
  readonly changed: readonly (readonly [account: number, modSeq: number])[]
  readonly isQueueChanged: boolean
  readonly isDirectoryChanged: boolean
  /** Another process has committed: what changed is to be looked up. */
  readonly isChangedElsewhere: boolean
  /** The write-ahead log is to be copied into the database. */
  readonly isCheckpointDue: boolean
  /** Null when the last write went well. */
  readonly writeError: string | null
}
