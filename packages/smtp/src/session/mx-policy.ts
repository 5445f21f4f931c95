import {
  contentSize,
  isDomainRole,
  normaliseDomain,
  parseAddress,
  type Clock,
  type Directory,
  type MailIntake,
} from '@gatepost/core'
import type { MailSources } from '@gatepost/gate'
import {
  headerFields,
  headerLimits,
  isOwnTrace,
  returnPathField,
  withoutFields,
} from '@gatepost/mime'
import type { AuthFailureLog } from '@gatepost/security-crowdsec'

import { receivedField } from '../grammar/trace-fields.ts'
import { checkPath } from './check-path.ts'
import { isOurselves, spoofKind } from './helo-spoof.ts'
import { checkRoom, roomsFor } from './mailbox-room.ts'
import type { Greeting, SmtpPath, SmtpPolicy, SmtpSession, SmtpTransaction } from './policy.ts'
import type { ReceivedContent } from './received-content.ts'
import { roleTargets, type RoleAddressOptions, type RoleTarget } from './role-addresses.ts'
import { RoleTransactions } from './role-transactions.ts'
import { replies } from './smtp-reply.ts'

export interface MxPolicyOptions extends RoleAddressOptions {
  readonly directory: Pick<Directory, 'resolve' | 'isLocalDomain' | 'accounts'>
  readonly intake: Pick<MailIntake, 'receive'>
  readonly security: Pick<
    AuthFailureLog,
    'unknownRecipient' | 'relayDenied' | 'trapRecipient' | 'heloSpoofed'
  >
  readonly hostname: string
  readonly clock: Clock
  /** Addresses, normalised, that nobody was ever given: whoever writes to one is reported. */
  readonly traps?: ReadonlySet<string>
  /** Told what comes of each source's mail. */
  readonly sources?: MailSources
}

// RFC 5321 section 6.3 wants at least 100.
const maxHops = 100

/** Mail from other servers: for addresses here only. */
export class MxPolicy implements SmtpPolicy {
  readonly #options: MxPolicyOptions
  readonly #toRoles = new RoleTransactions()

  constructor(options: MxPolicyOptions) {
    this.#options = options
  }

  async greeted({ helo, context, localAddress }: Greeting): Promise<void> {
    const kind = await spoofKind(helo, localAddress, this.#options)
    if (kind !== undefined && !isOurselves(context.ip, localAddress))
      this.#options.security.heloSpoofed(context, { kind, helo })
  }

  offended({ context }: SmtpSession): void {
    this.#options.sources?.offended(context.ip)
  }

  async sender(session: SmtpSession, path: SmtpPath): Promise<string> {
    // RSET leaves the transaction its id.
    this.#toRoles.take(session.id)
    return path.address === '' ? '' : checkPath(path, replies.badSender).spelled
  }

  async recipient(session: SmtpSession, sender: string, path: SmtpPath): Promise<string> {
    const role = await this.#roleOfServer(path.address)
    const text = role === undefined ? path.address : `${role}@${this.#options.postmasterDomain}`
    const { address } = checkPath({ ...path, address: text }, replies.badRecipient)
    const roles = await roleTargets(address, this.#options)
    if (roles !== undefined) {
      this.#toRoles.add(session.id)
      return this.#roleRecipient(roles, session.declaredBytes)
    }
    const refused = { sender, recipient: path.address }
    const { security, traps } = this.#options
    const isTrap = traps?.has(address) === true
    if (isTrap) {
      security.trapRecipient(session.context, refused)
      this.offended(session)
    }
    const resolution = (await this.#options.directory.resolve([address])).get(address)
    switch (resolution?.kind) {
      case 'local':
        await checkRoom(resolution.accounts, session.declaredBytes, this.#options.directory)
        return address
      case 'unknown':
        if (!isTrap) {
          security.unknownRecipient(session.context, refused)
          this.offended(session)
        }
        throw replies.noSuchUser()
      case 'foreign':
      case undefined:
        security.relayDenied(session.context, refused)
        this.offended(session)
        throw replies.relayDenied()
    }
  }

  /** `postmaster` alone, or a role at the server's own name, which need not be a domain with mailboxes: a client that knows no other name writes there. */
  async #roleOfServer(text: string): Promise<string | undefined> {
    if (text.toLowerCase() === 'postmaster') return 'postmaster'
    const { hostname, directory } = this.#options
    const address = parseAddress(text)
    if (address === undefined || !isDomainRole(address.base)) return undefined
    if (address.domain !== normaliseDomain(hostname)) return undefined
    return (await directory.isLocalDomain(address.domain)) ? undefined : address.local
  }

  /** Never refused for good, and no event: the first that has room. @throws SmtpReply 450, 452 */
  async #roleRecipient(targets: readonly RoleTarget[], bytes: number): Promise<string> {
    const rooms = await roomsFor(
      targets.map(({ accounts }) => accounts),
      bytes,
      this.#options.directory,
    )
    const open = targets[rooms.indexOf('room')]
    if (open !== undefined) return open.address
    throw targets.length === 0 ? replies.nobodyHere() : replies.mailboxFull()
  }

  async message(
    session: SmtpSession,
    transaction: SmtpTransaction,
    content: ReceivedContent,
  ): Promise<string> {
    const { head } = content
    checkHeader(head)
    // Two roles may lead to the same address.
    const recipients = [...new Set(transaction.recipients.map(({ address }) => address))]
    const trace =
      returnPathField(transaction.reversePath) +
      receivedField({
        helo: session.helo,
        clientAddress: session.context.ip,
        hostname: this.#options.hostname,
        transmissionType: session.transmissionType,
        sessionId: session.id,
        recipient: recipients.length === 1 ? recipients[0] : undefined,
        at: new Date(this.#options.clock.now()),
      })
    const beginning = [
      Buffer.from(trace),
      withoutFields(head, (field) => isOwnTrace(head, field, this.#options)),
    ]
    const complete = await content.withBeginning(beginning, head.length)
    // Once more, with what it really has: all get it, or nobody does and its sender tries again.
    const resolutions = await this.#options.directory.resolve(recipients)
    const accounts = [...resolutions.values()].flatMap((one) =>
      one.kind === 'local' ? one.accounts : [],
    )
    await checkRoom(accounts, contentSize(complete), this.#options.directory)
    const { reversePath } = transaction
    const result = await this.#options.intake.receive({
      content: complete,
      reversePath,
      recipients,
      mayMoveContent: true,
    })
    if (result.kind === 'refused')
      throw result.reason === 'overQuota' ? replies.mailboxFull() : replies.noSuchUser()
    // A role takes what everybody brings: mail to it says nothing good of its sender.
    if (!this.#toRoles.take(session.id)) this.#options.sources?.delivered(session.context.ip)
    return `Delivered as ${session.id}`
  }
}

/** Bounded here, since nobody who reads it later is quick with more. @throws SmtpReply 552, 554 */
function checkHeader(content: Buffer): void {
  const { bytes, fields: maxFields } = headerLimits
  const fields = headerFields(content, 0, bytes + 1, maxFields + 1)
  if (fields.length > maxFields || (fields.at(-1)?.end ?? 0) > bytes) throw replies.headerTooLarge()
  const hops = fields.filter(({ name }) => name.toLowerCase() === 'received').length
  if (hops > maxHops) throw replies.tooManyHops()
}
