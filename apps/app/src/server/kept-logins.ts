import { join } from 'node:path'

import type { Clock } from '@gatepost/core'
import { LoginKeeper, StrongLogins } from '@gatepost/security-crowdsec'
import type { Logger } from '@gatepost/telemetry'

import type { GatepostConfig } from '../config/schema.ts'

/** Where people have logged in, kept in the data folder over a restart: for decisions that spare them, and for the room that the gate keeps. */
export async function openKeptLogins(
  { data }: GatepostConfig,
  parts: {
    readonly clock: Clock
    readonly logger: Logger
    readonly resources: AsyncDisposableStack
  },
): Promise<StrongLogins> {
  const { clock, logger, resources } = parts
  const logins = new StrongLogins({ clock })
  const keeper = resources.use(new LoginKeeper({ path: join(data, 'logins'), logins, logger }))
  await keeper.start()
  return logins
}
