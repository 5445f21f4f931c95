import type { QueueLease } from '@gatepost/core'
import { enhancedCodeOf, sendMessage } from '@gatepost/smtp'

import type { MailHostFinder } from './mail-hosts.ts'

export interface RemoteDeliveryOptions {
  readonly hosts: MailHostFinder
  readonly hostname: string
  readonly connectMs: number
  /** For the conversation with one host. */
  readonly totalMs: number
  /** For all hosts of the domain. */
  readonly attemptMs: number
}

/** What became of one recipient in one try. */
export interface AttemptResult {
  readonly address: string
  readonly outcome: 'delivered' | 'deferred' | 'failed'
  readonly status: string
  /** With LF between its lines. */
  readonly reply: string
  readonly remoteHost: string | null
  /** For the log, where the reply says less. */
  readonly detail?: string
  /** The other server reports on delivery itself (RFC 3461 section 5.2). */
  readonly isDsnHandedOn: boolean
}

const outcomes = { 2: 'delivered', 4: 'deferred', 5: 'failed' } as const

/** Tries the hosts of a domain in turn until one of them judges the recipients. Never throws. */
export async function deliverRemotely(
  lease: QueueLease,
  content: Buffer,
  options: RemoteDeliveryOptions & { readonly signal: AbortSignal },
): Promise<AttemptResult[]> {
  const same = (
    outcome: AttemptResult['outcome'],
    status: string,
    reply: string,
  ): AttemptResult[] =>
    lease.recipients.map(({ address }) => ({
      address,
      outcome,
      status,
      reply,
      remoteHost: null,
      isDsnHandedOn: false,
    }))

  const found = await options.hosts.find(lease.domain)
  if (found.kind === 'never')
    return same('failed', found.status, `550 ${found.status} ${found.reason}`)
  if (found.kind === 'later') return same('deferred', '4.4.3', `451 4.4.3 ${found.reason}`)
  let lastReason = 'no mail server to connect to'
  let detail = ''
  for (const target of found.targets) {
    const result = await sendMessage(
      target,
      { ...lease.message, content, recipients: lease.recipients },
      options,
    )
    if (result.kind === 'answered')
      return result.recipients.map(({ address, reply, outcome }) => ({
        address,
        outcome: outcomes[outcome],
        status: enhancedCodeOf(reply),
        reply,
        remoteHost: target.host,
        isDsnHandedOn: result.hasDsn,
      }))
    lastReason = `${target.host}: ${result.reason}`
    detail = result.detail
    if (options.signal.aborted) break
  }
  return same('deferred', '4.4.1', `451 4.4.1 ${lastReason}`).map((one) => ({ ...one, detail }))
}
