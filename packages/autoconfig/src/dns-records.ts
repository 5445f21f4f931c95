import type { MailService, MailServices } from './mail-services.ts'
import { configurationDigest, userAgentConfiguration } from './user-agent-configuration.ts'

/** One line of a zone file, in parts. */
export interface DnsRecord {
  /** Fully qualified, with the dot at the end. */
  readonly name: string
  readonly type: 'MX' | 'SRV' | 'CNAME' | 'TXT'
  readonly data: string
}

/** What leads other servers and mail programs of one domain here: MX, SRV (RFC 6186, RFC 8314 section 5.1, RFC 8620 section 2.2), and what leads to the documents. */
export function dnsRecords(services: MailServices, domain: string): readonly DnsRecord[] {
  const { hostname, imap, submission, https, hasDocuments } = services
  const at = (label: string): string => `${label}.${domain}.`
  const target = `${hostname}.`
  const srv = (label: string, port: number | undefined, priority: number): DnsRecord => ({
    name: at(label),
    type: 'SRV',
    // A dot: decidedly not there (RFC 2782).
    data: port === undefined ? '0 0 0 .' : `${priority} 1 ${port} ${target}`,
  })
  const hosts = ['autoconfig', 'autodiscover', 'ua-auto-config']
    .filter((label) => `${label}.${domain}` !== hostname)
    .map((label): DnsRecord => ({ name: at(label), type: 'CNAME', data: target }))
  const digest: DnsRecord = {
    name: at('_ua-auto-config'),
    type: 'TXT',
    data: `"${configurationDigest(userAgentConfiguration(services))}"`,
  }
  return [
    { name: `${domain}.`, type: 'MX', data: `10 ${target}` },
    srv('_submissions._tcp', portOf(submission, 'implicit'), 0),
    srv('_submission._tcp', portOf(submission, 'starttls'), 10),
    srv('_imaps._tcp', portOf(imap, 'implicit'), 0),
    srv('_imap._tcp', portOf(imap, 'starttls'), 10),
    srv('_pop3s._tcp', undefined, 0),
    srv('_pop3._tcp', undefined, 0),
    srv('_jmap._tcp', https, 0),
    ...(hasDocuments ? [srv('_autodiscover._tcp', https, 0), ...hosts, digest] : []),
  ]
}

function portOf(services: readonly MailService[], tls: MailService['tls']): number | undefined {
  return services.find((service) => service.tls === tls)?.port
}
