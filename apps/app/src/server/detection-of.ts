import { join } from 'node:path'

import type { Clock } from '@gatepost/core'
import {
  installationKeyIn,
  OutboundBursts,
  passwordFingerprint,
  type AuthFailureLog,
} from '@gatepost/security-crowdsec'

import type { GatepostConfig } from '../config/schema.ts'

/** What the doors need to see attacks with. */
export interface Detection {
  readonly fingerprint: (password: string) => string
  readonly bursts: OutboundBursts
  readonly traps: ReadonlySet<string>
}

/** @throws Error when the key of this installation cannot be read or made */
export function detectionOf(
  { data, detect }: Pick<GatepostConfig, 'data' | 'detect'>,
  security: AuthFailureLog,
  clock: Clock,
): Detection {
  const key = installationKeyIn(join(data, 'password-fingerprint-key'))
  return {
    fingerprint: (password) => passwordFingerprint(key, password),
    bursts: new OutboundBursts(security, clock, {
      maxRecipients: detect.burst_recipients,
      windowMs: detect.burst_minutes * 60_000,
    }),
    traps: new Set(detect.trap_addresses),
  }
}
