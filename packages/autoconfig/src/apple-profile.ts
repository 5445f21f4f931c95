import { createHash } from 'node:crypto'

import type { MailServices } from './mail-services.ts'
import { xmlText } from './xml.ts'

/**
 * A configuration profile with one mail account (com.apple.mail.managed). The same address has the same identifiers, so that a second profile replaces the
 * first. Undefined when the server offers not both IMAP and submission.
 */
export function appleProfile(
  { hostname, displayName, imap, submission }: MailServices,
  address: string,
): string | undefined {
  const [incoming] = imap
  const [outgoing] = submission
  if (incoming === undefined || outgoing === undefined) return undefined
  const account = dictionary({
    PayloadType: 'com.apple.mail.managed',
    PayloadVersion: 1,
    PayloadIdentifier: `org.gatepost.mail.${hostname}.${address}`,
    PayloadUUID: uuidOf(`account ${hostname} ${address}`),
    PayloadDisplayName: displayName,
    EmailAccountType: 'EmailTypeIMAP',
    EmailAccountDescription: displayName,
    EmailAddress: address,
    IncomingMailServerAuthentication: 'EmailAuthPassword',
    IncomingMailServerHostName: hostname,
    IncomingMailServerPortNumber: incoming.port,
    IncomingMailServerUseSSL: true,
    IncomingMailServerUsername: address,
    OutgoingMailServerAuthentication: 'EmailAuthPassword',
    OutgoingMailServerHostName: hostname,
    OutgoingMailServerPortNumber: outgoing.port,
    OutgoingMailServerUseSSL: true,
    OutgoingMailServerUsername: address,
    OutgoingPasswordSameAsIncomingPassword: true,
  })
  const profile = dictionary({
    PayloadType: 'Configuration',
    PayloadVersion: 1,
    PayloadIdentifier: `org.gatepost.${hostname}.${address}`,
    PayloadUUID: uuidOf(`profile ${hostname} ${address}`),
    PayloadDisplayName: `${displayName}: ${address}`,
    PayloadRemovalDisallowed: false,
  })
  const content = profile.replace(
    /<\/dict>$/,
    // A function: `$&` in an address stands for nothing but itself.
    () => `<key>PayloadContent</key><array>${account}</array></dict>`,
  )
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">${content}</plist>
`
}

function dictionary(values: Readonly<Record<string, string | number | boolean>>): string {
  const entries = Object.entries(values).map(([key, value]) => `<key>${key}</key>${element(value)}`)
  return `<dict>${entries.join('')}</dict>`
}

function element(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? '<true/>' : '<false/>'
  if (typeof value === 'number') return `<integer>${value}</integer>`
  return `<string>${xmlText(value)}</string>`
}

/** A name-based UUID (RFC 9562 section 5.8: the application chooses the bits). */
function uuidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex')
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}
