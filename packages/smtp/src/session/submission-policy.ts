import {
  maySendAsAll,
  type Access,
  type AccountName,
  type Clock,
  type Directory,
  type MailIntake,
} from '@gatepost/core'
import { findAuthorProblem, isNotToLeave, returnPathField, withoutFields } from '@gatepost/mime'
import type { OutboundBursts } from '@gatepost/security-crowdsec'

import { receivedField } from '../grammar/trace-fields.ts'
import { checkPath } from './check-path.ts'
import { missingFields } from './missing-fields.ts'
import type { SmtpPath, SmtpPolicy, SmtpSession, SmtpTransaction } from './policy.ts'
import type { ReceivedContent } from './received-content.ts'
import { roleTargets, type RoleAddressOptions } from './role-addresses.ts'
import { replies } from './smtp-reply.ts'

export interface SubmissionPolicyOptions extends RoleAddressOptions {
  readonly directory: Pick<Directory, 'resolve' | 'isLocalDomain' | 'maySendAs'>
  readonly intake: Pick<MailIntake, 'submit'>
  readonly hostname: string
  readonly clock: Clock
  /** Told of what goes out. */
  readonly bursts?: Pick<OutboundBursts, 'sent'>
}

/** Mail from our own users (RFC 6409): from addresses of theirs, to anybody. */
export class SubmissionPolicy implements SmtpPolicy {
  readonly #options: SubmissionPolicyOptions

  constructor(options: SubmissionPolicyOptions) {
    this.#options = options
  }

  async sender(session: SmtpSession, path: SmtpPath): Promise<string> {
    const { account } = accessOf(session)
    // Nobody answers a read receipt (RFC 8098 section 3): who sends it is told by its header.
    if (path.address === '') return ''
    const { address, spelled } = checkPath(path, replies.badSender)
    if (!(await this.#areOwn(account, [address]))) throw replies.notYourAddress()
    return spelled
  }

  async recipient(session: SmtpSession, _sender: string, path: SmtpPath): Promise<string> {
    accessOf(session)
    const isPostmaster = path.address.toLowerCase() === 'postmaster'
    const text = isPostmaster ? `postmaster@${this.#options.postmasterDomain}` : path.address
    const { address, spelled } = checkPath({ ...path, address: text }, replies.badRecipient)
    const [role] = (await roleTargets(address, this.#options)) ?? []
    if (role !== undefined) return role.address
    // An own user's typing error, told at once: no event, since nobody guesses addresses behind a login.
    const resolved = await this.#options.directory.resolve([address])
    const kind = resolved.get(address)?.kind
    if (kind === 'unknown') throw replies.noSuchUser()
    return kind === 'local' ? address : spelled
  }

  async message(
    session: SmtpSession,
    transaction: SmtpTransaction,
    content: ReceivedContent,
  ): Promise<string> {
    const { account, principal } = accessOf(session)
    const { hostname, clock } = this.#options
    const { reversePath } = transaction
    const at = new Date(clock.now())
    const sent = content.head
    const missing = missingFields(sent, { reversePath, hostname, at })
    const head = missing === '' ? sent : Buffer.concat([Buffer.from(missing), sent])
    await this.#checkAuthors(session, account, head)
    // RFC 5321 section 2.3.1: mail is characters, and NUL is none that all servers take. Who wrote it can mend it.
    if (content.hasNul) throw replies.nulInMessage()
    const outgoing = withoutFields(head, (field) => isNotToLeave(head, field, this.#options))
    const received = receivedField({
      helo: session.helo,
      clientAddress: session.context.ip,
      hostname,
      transmissionType: session.transmissionType,
      sessionId: session.id,
      recipient: undefined,
      at,
    })
    const trace = Buffer.from(returnPathField(reversePath) + received)
    const complete = await content.withBeginning([trace, outgoing], sent.length)
    const result = await this.#options.intake.submit({
      ...transaction,
      accountId: account.id,
      notBefore: session.heldUntil(),
      content: complete,
      mayMoveContent: true,
    })
    if (result.kind === 'refused')
      throw result.reason === 'overQuota' ? replies.overQuota() : replies.noSuchUser()
    this.#options.bursts?.sent(session.context, principal.name, transaction.recipients.length)
    return result.queueId === null ? `Delivered as ${session.id}` : `Queued as ${result.queueId}`
  }

  /** The envelope alone protects nobody who reads the header. @throws SmtpReply 550 */
  async #checkAuthors(session: SmtpSession, account: AccountName, head: Buffer): Promise<void> {
    const problem = await findAuthorProblem(head, {
      allowsUtf8: session.isUtf8Announced,
      areOwn: (authors) => this.#areOwn(account, authors),
    })
    if (problem !== undefined) throw replies.authors(problem)
  }

  #areOwn({ id }: AccountName, addresses: readonly string[]): Promise<boolean> {
    return maySendAsAll(this.#options.directory, id, addresses)
  }
}

function accessOf(session: SmtpSession): Access {
  if (session.access !== undefined) return session.access
  throw session.isSecure ? replies.authFirst() : replies.tlsFirst()
}
