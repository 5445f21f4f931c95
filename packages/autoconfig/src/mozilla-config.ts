import type { MailService, MailServices } from './mail-services.ts'
import { xmlText } from './xml.ts'

/** config-v1.1.xml (draft-ietf-mailmaint-autoconfig): the user name is the whole address, so that the program need not guess it. */
export function mozillaConfig(services: MailServices, domain: string): string {
  const { displayName, imap, submission, https, hostname } = services
  const servers = [
    ...imap.map((service) => serverElement('incomingServer', 'imap', hostname, service)),
    ...(https === undefined ? [] : [jmapElement(hostname, https)]),
    ...submission.map((service) => serverElement('outgoingServer', 'smtp', hostname, service)),
  ]
  return `<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1">
  <emailProvider id="${xmlText(domain)}">
    <domain>${xmlText(domain)}</domain>
    <displayName>${xmlText(displayName)}</displayName>
    <displayShortName>${xmlText(displayName)}</displayShortName>
${servers.join('\n')}
  </emailProvider>
</clientConfig>
`
}

function serverElement(
  element: 'incomingServer' | 'outgoingServer',
  type: 'imap' | 'smtp',
  hostname: string,
  { port, tls }: MailService,
): string {
  return `    <${element} type="${type}">
      <hostname>${xmlText(hostname)}</hostname>
      <port>${port}</port>
      <socketType>${tls === 'implicit' ? 'SSL' : 'STARTTLS'}</socketType>
      <authentication>password-cleartext</authentication>
      <username>%EMAILADDRESS%</username>
    </${element}>`
}

function jmapElement(hostname: string, port: number): string {
  return `    <incomingServer type="jmap">
      <url>${xmlText(httpsUrl(hostname, port, '/.well-known/jmap'))}</url>
      <authentication>http-basic</authentication>
      <username>%EMAILADDRESS%</username>
    </incomingServer>`
}

/** Without the port where it is the one that goes without saying. */
export function httpsUrl(hostname: string, port: number, path: string): string {
  return `https://${hostname}${port === 443 ? '' : `:${port}`}${path}`
}
