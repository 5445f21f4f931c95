import type { Attack } from './attack.ts'
import { clientAddressAttacks } from './client-address-attacks.ts'
import { crowdAttacks } from './crowd-attacks.ts'
import { evasionAttacks } from './evasion-attacks.ts'
import { fileAttacks } from './file-attacks.ts'
import { httpAttacks } from './http-attacks.ts'
import { jmapRequestAttacks } from './jmap-request-attacks.ts'
import { loginAttacks } from './login-attacks.ts'
import { mailFloodAttacks } from './mail-flood-attacks.ts'
import { messageAttacks } from './message-attacks.ts'
import { searchAttacks } from './search-attacks.ts'
import { senderAttacks } from './sender-attacks.ts'
import { tlsAttacks } from './tls-attacks.ts'

/** Those that configure the server alike stand together: they share one. */
export const attacks: readonly Attack[] = [
  ...clientAddressAttacks,
  ...jmapRequestAttacks,
  ...searchAttacks,
  ...tlsAttacks,
  ...messageAttacks,
  ...mailFloodAttacks,
  ...httpAttacks,
  ...senderAttacks,
  ...fileAttacks,
  ...evasionAttacks,
  ...crowdAttacks,
  ...loginAttacks,
]
