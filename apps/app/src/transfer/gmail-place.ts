import type { MailboxPaths } from './gmail-labels.ts'
import type { ItemPlace, SourcePlace } from './mail-item.ts'

/** Where a message goes by its labels. `scope`: of its key. */
export function gmailPlace([first, ...others]: MailboxPaths, scope: string): ItemPlace {
  return { scope, mailboxes: [placeOf(first), ...others.map(placeOf)] }
}

/** A key that no file can have. */
function placeOf(path: readonly string[]): SourcePlace {
  return { key: `//gmail/${path.join('/')}`, path }
}
