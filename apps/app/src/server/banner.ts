import type { AddressInfo } from 'node:net'

import type { FilterStatus } from '@gatepost/security-crowdsec'

import { listeners } from '../config/listeners.ts'
import type { FirstAccount } from '../first-run/first-account.ts'

export interface BannerOptions {
  readonly version: string
  readonly addresses: ReadonlyMap<string, AddressInfo>
  readonly firstAccount: FirstAccount | undefined
  readonly isSelfSigned: boolean
  readonly certificateFile: string
  readonly crowdsec: FilterStatus
  /** How the Local API came to be: in words. */
  readonly crowdsecSource: string
  readonly configFile: string | undefined
  readonly dataFolder: string
  readonly readyMs: number
}

/** What a newcomer needs to know: where to connect, with what, what is not protected yet, and how to change it. */
export function banner(options: BannerOptions): string {
  const { addresses, firstAccount, crowdsec } = options
  const lines = [
    `Gatepost ${options.version} is ready (${Math.round(options.readyMs)} ms). Data in ${options.dataFolder}`,
    '',
  ]
  for (const { name, title } of listeners) {
    const address = addresses.get(name)
    if (address === undefined) continue
    const host = address.family === 'IPv6' ? `[${address.address}]` : address.address
    lines.push(`  ${title.padEnd(34)} ${host}:${address.port}`)
  }
  if (firstAccount !== undefined) {
    lines.push(
      '',
      `  Account   ${firstAccount.address}`,
      `  Password  ${firstAccount.password}   (shown once; kept in ${firstAccount.passwordFile})`,
    )
  }
  lines.push('')
  if (crowdsec.state === 'off')
    lines.push(`  NOT PROTECTED: no CrowdSec. ${options.crowdsecSource}`)
  else
    lines.push(
      `  CrowdSec: ${crowdsec.state}, ${crowdsec.decisions} decisions. ${options.crowdsecSource}`,
    )
  if (options.isSelfSigned)
    lines.push(
      `  NOT PROTECTED: the certificate is self-signed (${options.certificateFile}). Set [tls] certificate and key.`,
    )
  lines.push(
    options.configFile === undefined
      ? '  No configuration file: defaults and environment. Use `npm start -- --config gatepost.toml`; the keys are in docs/configuration.md.'
      : `  Configuration: ${options.configFile}`,
    '',
  )
  return `${lines.join('\n')}\n`
}
