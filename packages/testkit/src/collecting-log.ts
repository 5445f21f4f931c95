import type { AuthFailureLog } from '@gatepost/security-crowdsec'

export interface CollectedEvent {
  readonly name: keyof AuthFailureLog
  readonly context: Parameters<AuthFailureLog['blocked']>[0]
  readonly event: object
}

/** An AuthFailureLog that keeps what it is told, and tells a waiting test. */
export class CollectingSecurityLog implements AuthFailureLog {
  readonly events: CollectedEvent[] = []
  #waiting: (() => void)[] = []

  authFailed: AuthFailureLog['authFailed'] = (context, event) =>
    this.#add('authFailed', context, event)
  authSucceeded: AuthFailureLog['authSucceeded'] = (context, event) =>
    this.#add('authSucceeded', context, event)
  unknownRecipient: AuthFailureLog['unknownRecipient'] = (context, event) =>
    this.#add('unknownRecipient', context, event)
  relayDenied: AuthFailureLog['relayDenied'] = (context, event) =>
    this.#add('relayDenied', context, event)
  protocolAbuse: AuthFailureLog['protocolAbuse'] = (context, event) =>
    this.#add('protocolAbuse', context, event)
  trapRecipient: AuthFailureLog['trapRecipient'] = (context, event) =>
    this.#add('trapRecipient', context, event)
  addressProbed: AuthFailureLog['addressProbed'] = (context, event) =>
    this.#add('addressProbed', context, event)
  heloSpoofed: AuthFailureLog['heloSpoofed'] = (context, event) =>
    this.#add('heloSpoofed', context, event)
  connectionLimited: AuthFailureLog['connectionLimited'] = (context, event) =>
    this.#add('connectionLimited', context, event)
  connectionBurst: AuthFailureLog['connectionBurst'] = (context, event) =>
    this.#add('connectionBurst', context, event)
  slowClient: AuthFailureLog['slowClient'] = (context, event) =>
    this.#add('slowClient', context, event)
  jmapAbuse: AuthFailureLog['jmapAbuse'] = (context, event) =>
    this.#add('jmapAbuse', context, event)
  outboundBurst: AuthFailureLog['outboundBurst'] = (context, event) =>
    this.#add('outboundBurst', context, event)
  blocked: AuthFailureLog['blocked'] = (context, event) => this.#add('blocked', context, event)
  sessionCut: AuthFailureLog['sessionCut'] = (context, event) =>
    this.#add('sessionCut', context, event)

  of(name: keyof AuthFailureLog): readonly CollectedEvent[] {
    return this.events.filter((event) => event.name === name)
  }

  /** The first event with this name, now or later. */
  async first(name: keyof AuthFailureLog): Promise<CollectedEvent> {
    for (;;) {
      const [found] = this.of(name)
      if (found !== undefined) return found
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  #add(name: keyof AuthFailureLog, context: CollectedEvent['context'], event: object): void {
    this.events.push({ name, context, event })
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
