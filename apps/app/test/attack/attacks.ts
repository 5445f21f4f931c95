import type { Attack } from './attack.ts'
import { clientAddressAttacks } from './client-address-attacks.ts'
import { crowdAttacks } from './crowd-attacks.ts'
import { jmapRequestAttacks } from './jmap-request-attacks.ts'
import { mailFloodAttacks } from './mail-flood-attacks.ts'

/** Those that configure the server alike stand together: they share one. */
export const attacks: readonly Attack[] = [
  ...clientAddressAttacks,
  ...jmapRequestAttacks,
  ...mailFloodAttacks,
  ...crowdAttacks,
]
