import { Resolver } from 'node:dns/promises'

import type { SmtpTarget } from '@gatepost/smtp'

/** Where mail for a domain goes. */
export type MailHosts =
  /** In the order to try them. */
  | { readonly kind: 'hosts'; readonly targets: readonly SmtpTarget[] }
  /** Will not change by waiting: no such domain, or it takes no mail (RFC 7505). */
  | { readonly kind: 'never'; readonly status: string; readonly reason: string }
  | { readonly kind: 'later'; readonly reason: string }

export interface MailHostFinder {
  find(domain: string): Promise<MailHosts>
}

/** What is needed of Node's resolver. */
type MxResolver = Pick<Resolver, 'resolveMx' | 'resolve4' | 'resolve6'>

const maxHosts = 5

/** RFC 5321 section 5.1: MX by preference, the domain itself when it has none. */
export class DnsMailHostFinder implements MailHostFinder {
  readonly #resolver: MxResolver
  readonly #random: () => number

  constructor(
    random: () => number,
    resolver: MxResolver = new Resolver({ timeout: 5000, tries: 2 }),
  ) {
    this.#random = random
    this.#resolver = resolver
  }

  async find(domain: string): Promise<MailHosts> {
    const literal = /^\[(?:ipv6:)?([^\]]+)\]$/i.exec(domain)?.[1]
    if (literal !== undefined) return { kind: 'hosts', targets: [{ host: literal, port: 25 }] }
    try {
      return this.#ordered(await this.#resolver.resolveMx(domain))
    } catch (error) {
      return this.#withoutMx(domain, codeOf(error))
    }
  }

  #ordered(
    records: readonly { readonly exchange: string; readonly priority: number }[],
  ): MailHosts {
    // RFC 7505 section 3: beside others the null MX is a mistake, and no host that could be asked.
    const named = records.filter(({ exchange }) => exchange !== '')
    if (named.length === 0)
      return { kind: 'never', status: '5.1.10', reason: 'the domain takes no mail (null MX)' }
    const targets = named
      .map(({ exchange, priority }) => ({ exchange, rank: priority + this.#random() }))
      .toSorted((a, b) => a.rank - b.rank)
      .slice(0, maxHosts)
      .map(({ exchange }) => ({ host: exchange, port: 25 }))
    return { kind: 'hosts', targets }
  }

  async #withoutMx(domain: string, code: string): Promise<MailHosts> {
    if (code === 'ENOTFOUND') return { kind: 'never', status: '5.1.2', reason: 'no such domain' }
    if (code !== 'ENODATA') return { kind: 'later', reason: `DNS: ${code}` }
    const [v4, v6] = await Promise.allSettled([
      this.#resolver.resolve4(domain),
      this.#resolver.resolve6(domain),
    ])
    if (v4.status === 'fulfilled' || v6.status === 'fulfilled')
      return { kind: 'hosts', targets: [{ host: domain, port: 25 }] }
    const isSettled = codeOf(v4.reason) === 'ENODATA' && codeOf(v6.reason) === 'ENODATA'
    return isSettled
      ? { kind: 'never', status: '5.1.2', reason: 'the domain has no mail server' }
      : { kind: 'later', reason: `DNS: ${codeOf(v4.reason)}` }
  }
}

/** Everything goes to one relay. */
export function relayFinder(relay: SmtpTarget): MailHostFinder {
  return { find: () => Promise.resolve({ kind: 'hosts', targets: [relay] }) }
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error
    ? String(error.code)
    : String(error)
}
