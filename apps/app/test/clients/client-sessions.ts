import type { ClientSession } from './client-session.ts'
import { imapflow } from './imapflow.ts'
import { jmapJam } from './jmap-jam.ts'
import { jmapc } from './jmapc.ts'
import { mbsync } from './mbsync.ts'
import { mutt } from './mutt.ts'
import { thunderbird } from './thunderbird.ts'

export const clientSessions: readonly ClientSession[] = [
  mutt,
  mbsync,
  imapflow,
  thunderbird,
  jmapc,
  jmapJam,
]
