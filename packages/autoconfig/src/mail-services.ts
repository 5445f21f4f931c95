import { normaliseHostName, parseAddress } from '@gatepost/core'

/** A port and how TLS begins there. */
export interface MailService {
  readonly port: number
  readonly tls: 'implicit' | 'starttls'
}

/** Where the server is reached from outside; what is not offered is left out. Those to prefer come first. */
export interface MailServices {
  readonly hostname: string
  /** For people: the name of the provider. */
  readonly displayName: string
  readonly imap: readonly MailService[]
  readonly submission: readonly MailService[]
  /** Port of https, for JMAP and for the documents themselves. */
  readonly https: number | undefined
  /** Whether the documents are served. */
  readonly hasDocuments: boolean
  /** Whether mail for it is taken here; of a normalised name. */
  readonly isDomain: (name: string) => boolean
  /** Answers for hosts that name none. */
  readonly firstDomain: string
}

const serviceHosts = /^(?:autoconfig|autodiscover|ua-auto-config|mail)\./

/** The domain that a request is about: of the address, else of the host, else the server's first. Undefined: an address that is not ours. */
export function domainOf(
  { isDomain, firstDomain }: MailServices,
  asked: { readonly address?: string | undefined; readonly host?: string | undefined },
): string | undefined {
  if (asked.address !== undefined) {
    const domain = parseAddress(asked.address)?.domain
    return domain !== undefined && isDomain(domain) ? domain : undefined
  }
  const host = normaliseHostName((asked.host ?? '').replace(/:\d{1,5}$/, ''))
  const named = [host, host?.replace(serviceHosts, '')].find(
    (domain) => domain !== undefined && isDomain(domain),
  )
  return named ?? firstDomain
}
