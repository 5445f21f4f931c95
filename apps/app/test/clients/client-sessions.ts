import type { ClientSession } from './client-session.ts'
import { imapflow } from './imapflow.ts'
import { jmapJam } from './jmap-jam.ts'
import { jmapc } from './jmapc.ts'
import { mbsync } from './mbsync.ts'
import { mutt } from './mutt.ts'
import { thunderbirdCommands } from './thunderbird-commands.ts'

/** Those that every test run holds; the long form has thunderbird.ts too. */
export const clientSessions: readonly ClientSession[] = [
  mutt,
  mbsync,
  imapflow,
  thunderbirdCommands,
  jmapc,
  jmapJam,
]
