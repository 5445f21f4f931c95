import { Resolver } from 'node:dns/promises'

import { parseIp, type IpAddress } from '@gatepost/core'
import type { SmtpTarget } from '@gatepost/smtp'

import type { Reach } from './reach.ts'

/** Where mail for a domain goes. */
export type MailHosts =
  /** In the order to try them. */
  | { readonly kind: 'hosts'; readonly targets: readonly SmtpTarget[] }
  /** Will not change by waiting: no such domain, it takes no mail (RFC 7505), or no host that may be connected to. */
  | { readonly kind: 'never'; readonly status: string; readonly reason: string }
  | { readonly kind: 'later'; readonly reason: string }

export interface MailHostFinder {
  find(domain: string): Promise<MailHosts>
}

/** What is needed of Node's resolver. */
type MxResolver = Pick<Resolver, 'resolveMx' | 'resolve4' | 'resolve6'>

export interface DnsMailHostFinderOptions {
  readonly random: () => number
  readonly reach: Reach
  readonly resolver?: MxResolver
}

const maxHosts = 5
/** Of one host, and of all. */
const maxAddresses = 4
const maxTargets = 10
// RFC 3463 section 3.5: routing loop, unable to route.
const [loop, noRoute] = ['5.4.6', '5.4.4']

/**
 * RFC 5321 section 5.1: MX by preference, the domain itself when it has none. Names are resolved here and the connection goes to the address that was judged:
 * a name that is resolved again at the connection may have another one by then.
 */
export class DnsMailHostFinder implements MailHostFinder {
  readonly #options: DnsMailHostFinderOptions
  readonly #resolver: MxResolver

  constructor(options: DnsMailHostFinderOptions) {
    this.#options = options
    this.#resolver = options.resolver ?? new Resolver({ timeout: 5000, tries: 2 })
  }

  async find(domain: string): Promise<MailHosts> {
    const literal = /^\[(?:ipv6:)?([^\]]+)\]$/i.exec(domain)?.[1]
    if (literal !== undefined) {
      const address = parseIp(literal)
      return this.#judged(address === undefined ? [] : [{ host: literal, address }])
    }
    try {
      return await this.#ofRecords(await this.#resolver.resolveMx(domain))
    } catch (error) {
      return this.#withoutMx(domain, codeOf(error))
    }
  }

  async #ofRecords(
    records: readonly { readonly exchange: string; readonly priority: number }[],
  ): Promise<MailHosts> {
    // RFC 7505 section 3: beside others the null MX is a mistake, and no host that could be asked.
    const named = records.filter(({ exchange }) => exchange !== '')
    if (named.length === 0)
      return { kind: 'never', status: '5.1.10', reason: 'the domain takes no mail (null MX)' }
    const hosts = named
      .map(({ exchange, priority }) => ({ exchange, rank: priority + this.#options.random() }))
      .toSorted((a, b) => a.rank - b.rank)
      .slice(0, maxHosts)
      .map(({ exchange }) => exchange)
    return this.#ofHosts(hosts)
  }

  async #withoutMx(domain: string, code: string): Promise<MailHosts> {
    if (code === 'ENOTFOUND') return { kind: 'never', status: '5.1.2', reason: 'no such domain' }
    if (code !== 'ENODATA') return { kind: 'later', reason: `DNS: ${code}` }
    const found = await this.#ofHosts([domain])
    return found.kind === 'never' && found.status === noRoute && found.reason === noAddress
      ? { kind: 'never', status: '5.1.2', reason: 'the domain has no mail server' }
      : found
  }

  async #ofHosts(hosts: readonly string[]): Promise<MailHosts> {
    const answers = await Promise.all(
      hosts.map(async (host) => {
        const { addresses, failure } = await this.#addressesOf(host)
        return { failure, named: addresses.map((address) => ({ host, address })) }
      }),
    )
    const judged = this.#judged(answers.flatMap(({ named }) => named))
    const failure = answers.find((answer) => answer.failure !== undefined)?.failure
    return judged.kind === 'never' && failure !== undefined
      ? { kind: 'later', reason: `DNS: ${failure}` }
      : judged
  }

  /** IPv4 first: a server without IPv6 is more common than one without IPv4. */
  async #addressesOf(
    host: string,
  ): Promise<{ readonly addresses: readonly IpAddress[]; readonly failure: string | undefined }> {
    const answers = await Promise.allSettled([
      this.#resolver.resolve4(host),
      this.#resolver.resolve6(host),
    ])
    const addresses = answers
      .flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
      .flatMap((text) => parseIp(text) ?? [])
      .slice(0, maxAddresses)
    const failures = answers.flatMap((answer) =>
      answer.status === 'rejected' ? [codeOf(answer.reason)] : [],
    )
    const failure = failures.find((code) => code !== 'ENODATA' && code !== 'ENOTFOUND')
    return { addresses, failure: addresses.length > 0 ? undefined : failure }
  }

  /** The reason goes to the sender: it says nothing about addresses. */
  #judged(named: readonly { readonly host: string; readonly address: IpAddress }[]): MailHosts {
    if (named.length === 0) return { kind: 'never', status: noRoute, reason: noAddress }
    const judged = named.map((one) => ({ ...one, is: this.#options.reach.judge(one.address) }))
    const targets = judged
      .filter(({ is }) => is === 'reachable')
      .slice(0, maxTargets)
      .map(({ host, address }) => ({ host, port: 25, address: address.text }))
    if (targets.length > 0) return { kind: 'hosts', targets }
    return judged.some(({ is }) => is === 'ourselves')
      ? { kind: 'never', status: loop, reason: 'the mail would come back to this server' }
      : { kind: 'never', status: noRoute, reason: 'no mail server that mail may be sent to' }
  }
}

const noAddress = 'no mail server with an address'

/** Everything goes to one relay. */
export function relayFinder(relay: SmtpTarget): MailHostFinder {
  return { find: () => Promise.resolve({ kind: 'hosts', targets: [relay] }) }
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error
    ? String(error.code)
    : String(error)
}
