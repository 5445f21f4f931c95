import { forgetOldest, parseIp, subscriberOf, type Clock, type IpAddress } from '@gatepost/core'
import { StrongLogins, type KnownFor } from '@gatepost/security-crowdsec'

import type { MailSources } from './mail-sources.ts'

const day = 86_400_000
const loginKeptMs = 30 * day
/** After so long a message counts half: who sent good mail last year has to begin anew. */
const halfLifeDays = 7
/** Good messages before they speak for a source, and the share of offences that it may have. */
const enoughMail = 10
const maxOffences = 0.1
const maxKept = 32_768

interface History {
  good: number
  bad: number
  /** By the monotonic clock: up to when it has aged. */
  at: number
}

/**
 * What speaks for a source (an IPv4 address, an IPv6 /64): somebody logged in from there within 30 days, or nearly all that came from there was good mail.
 * Whoever is known finds room when strangers fill the server, and a scenario that counts what one customer of a provider can cause leaves it alone.
 */
export class KnownClients implements MailSources {
  readonly #clock: Clock
  readonly #logins: StrongLogins
  /** Those used last are at the end: strangers cannot push them out, since a delivery makes the entry. */
  readonly #mail = new Map<string, History>()

  /** `logins`: the ones that somebody else keeps over a restart. */
  constructor(clock: Clock, logins: StrongLogins = new StrongLogins({ clock })) {
    this.#clock = clock
    this.#logins = logins
  }

  loggedIn(user: string, address: IpAddress): void {
    this.#logins.note(user, address)
  }

  delivered(ip: string): void {
    const source = sourceOf(ip)
    if (source === undefined) return
    const history = this.#aged(source) ?? { good: 0, bad: 0, at: this.#clock.monotonic() }
    history.good += 1
    this.#mail.delete(source)
    this.#mail.set(source, history)
    forgetOldest(this.#mail, maxKept)
  }

  offended(ip: string): void {
    const source = sourceOf(ip)
    const history = source === undefined ? undefined : this.#aged(source)
    if (history !== undefined) history.bad += 1
  }

  /** Undefined: a stranger. */
  knownFor(address: IpAddress): KnownFor | undefined {
    if (this.#logins.has(address, loginKeptMs)) return 'login'
    const history = this.#aged(subscriberOf(address).text)
    if (history === undefined || history.good < enoughMail) return undefined
    return history.bad <= (history.good + history.bad) * maxOffences ? 'mail' : undefined
  }

  #aged(source: string): History | undefined {
    const history = this.#mail.get(source)
    if (history === undefined) return undefined
    const days = Math.floor((this.#clock.monotonic() - history.at) / day)
    const left = 0.5 ** (days / halfLifeDays)
    history.good *= left
    history.bad *= left
    history.at += days * day
    return history
  }
}

function sourceOf(ip: string): string | undefined {
  const address = parseIp(ip)
  return address === undefined ? undefined : subscriberOf(address).text
}
