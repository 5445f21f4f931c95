import type {
  Access,
  AccountName,
  Clock,
  Directory,
  MailIntake,
  MailReader,
  MailStore,
} from '@gatepost/core'
import type { Logger } from '@gatepost/telemetry'

import { servedAccount, type ServedAccount } from '../account-access.ts'
import type { RequestBudget } from '../budget/request-budget.ts'
import type { JmapLimits } from '../limits.ts'
import { BlobFinder } from '../mail/blob-finder.ts'
import type { MessageIndexer } from '../mail/message-indexer.ts'
import { MethodError } from '../protocol/method-error.ts'
import { capabilities } from '../protocol/request-object.ts'
import type { Method } from './method.ts'

/** What methods work with. */
export interface Services {
  readonly store: MailStore
  readonly directory: Directory
  readonly intake: Pick<MailIntake, 'submit'>
  readonly clock: Clock
  readonly indexer: MessageIndexer
  readonly logger: Logger
  readonly hostname: string
  readonly limits: JmapLimits & { readonly maxMessageBytes: number }
}

/** What is to be asked and told about mail that a request sends. */
export interface OutgoingMail {
  /** Until when a decision holds it, in milliseconds since 1970; undefined: it goes at once. */
  heldUntil(): number | undefined
  /** Mail to that many recipients went out. */
  sent(recipients: number): void
}

/** Who asks, and with what. */
export interface Requester {
  readonly services: Services
  readonly access: Access
  readonly outgoing: OutgoingMail
  readonly budget: RequestBudget
  /** The client waits for no answer any more: what only reads may end. */
  readonly gone?: AbortSignal | undefined
}

/** One request of one user, as seen from one account. */
export class CallContext {
  readonly services: Services
  readonly account: AccountName
  readonly served: Omit<ServedAccount, 'account'>
  /** Creation id to id (RFC 8620 section 3.3). */
  readonly createdIds: Map<string, string>
  readonly outgoing: OutgoingMail
  readonly budget: RequestBudget
  readonly blobs: BlobFinder
  /** The client waits for no answer any more: what only reads may end. */
  readonly gone: AbortSignal | undefined

  readonly #requester: Requester

  /** `createdIds` is added to. `served`: left out, their own account. */
  constructor(requester: Requester, createdIds: Map<string, string>, served?: ServedAccount) {
    const { services, access, outgoing, budget, gone } = requester
    this.#requester = requester
    this.outgoing = outgoing
    this.services = services
    this.account = served?.account ?? access.account
    this.served = served ?? { isPersonal: true, isReadOnly: false }
    this.budget = budget
    const { store, indexer } = services
    this.blobs = new BlobFinder({ store, indexer, account: this.account.id, budget })
    this.gone = gone
    this.createdIds = createdIds
  }

  /**
   * From the account that the arguments of a call name. What is none stays for the method to refuse.
   * @throws MethodError accountNotSupportedByMethod, accountReadOnly
   */
  of(accountId: unknown, method: Method): CallContext {
    if (accountId === this.account.id || typeof accountId !== 'string') return this
    const served = servedAccount(this.#requester.access, accountId)
    if (served === undefined) return this
    if (method.capability !== capabilities.mail)
      throw new MethodError('accountNotSupportedByMethod')
    if (served.isReadOnly && method.writes === true) throw new MethodError('accountReadOnly')
    return new CallContext(this.#requester, this.createdIds, served)
  }

  /** A snapshot of the account. @throws MethodError accountNotFound when it is another one */
  async read<T>(accountId: string, use: (reader: MailReader) => Promise<T> | T): Promise<T> {
    this.checkAccount(accountId)
    return this.budget.awaiting(() => this.services.store.read(this.account.id, use))
  }

  checkAccount(accountId: string): void {
    if (accountId !== this.account.id) throw new MethodError('accountNotFound')
  }

  state(): Promise<string> {
    return this.read(this.account.id, (reader) => String(reader.state))
  }

  /** An id as given, or the one made for `#creationId`; undefined when nothing was made under that. */
  resolveId(idOrReference: string): string | undefined {
    return idOrReference.startsWith('#')
      ? this.createdIds.get(idOrReference.slice(1))
      : idOrReference
  }
}
