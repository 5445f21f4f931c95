/** A listener that a package offers, before anybody has configured it. */
export interface Listener {
  /** Its key under `[listen]`, and its name in events and metrics: small letters and digits. */
  readonly name: string
  /** `host:port` unless configured. */
  readonly address: string
  /** Default: true. */
  readonly isEnabled?: boolean
  /** For the reference of the configuration, after "Whether to listen:". */
  readonly what: string
  /** For people who look for where to connect, in a few words. */
  readonly title: string
  /** TLS from the first byte. Default: false. */
  readonly isImplicitTls?: boolean
  /** How long a client that is not known yet waits for the greeting, unless configured. Only where the server speaks first. Left out: the listener has no such key. */
  readonly greetingWaitSeconds?: number
  /** Not for the public: it has so many places of its own, however full the others are. Left out: it shares those of all. */
  readonly places?: number
}
