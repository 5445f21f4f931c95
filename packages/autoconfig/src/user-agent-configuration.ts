import { createHash } from 'node:crypto'

import type { MailService, MailServices } from './mail-services.ts'
import { httpsUrl } from './mozilla-config.ts'

/** user-agent-configuration.json (draft-ietf-mailmaint-pacc): hosts without ports, since implicit TLS on the registered port is the only way it knows. */
export function userAgentConfiguration(services: MailServices): string {
  const { hostname, displayName, imap, submission, https } = services
  const protocols = {
    ...(https === undefined
      ? {}
      : { jmap: { url: httpsUrl(hostname, https, '/.well-known/jmap') } }),
    ...(hasPort(imap, 993) ? { imap: { host: hostname } } : {}),
    ...(hasPort(submission, 465) ? { smtp: { host: hostname } } : {}),
  }
  const document = {
    protocols,
    authentication: { password: true },
    info: { provider: { name: displayName } },
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function hasPort(list: readonly MailService[], port: number): boolean {
  return list.some((service) => service.tls === 'implicit' && service.port === port)
}

/** The TXT record of `_ua-auto-config`: clients compare the document with it. */
export function configurationDigest(document: string): string {
  return `v=UAAC1; a=sha256; d=${createHash('sha256').update(document).digest('base64')}`
}
