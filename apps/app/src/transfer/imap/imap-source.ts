import type { EarlierRuns, MailSource, SourceMessage } from '../mail-item.ts'
import type { SourceReport } from '../skipped-files.ts'
import type { ImapServer } from './imap-connection.ts'
import { listFolders } from './imap-folders.ts'
import { messagesOf } from './imap-messages.ts'
import { ImapSession } from './imap-session.ts'

/** Everything that somebody has on another server. Disposing it logs out. @throws TransferRefusal */
export async function openImapSource(
  server: ImapServer,
  report: SourceReport,
): Promise<MailSource & AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const session = stack.use(await ImapSession.open(server))
  const folders = await session.ask((flow) => listFolders(flow, report))
  const opened = stack.move()
  return {
    totalWeight: folders.reduce((sum, { messages }) => sum + messages, 0),
    folders: folders.map((folder) => ({
      key: folder.key,
      path: folder.path,
      ...(folder.known === undefined ? {} : { known: folder.known }),
      messages: (earlier: EarlierRuns): AsyncIterable<SourceMessage> =>
        messagesOf(session, folder, earlier),
    })),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}
