import type { EarlierRuns, MailSource, SourceMessage } from '../mail-item.ts'
import type { SourceReport } from '../skipped-files.ts'
import { TransferRefusal } from '../transfer-refusal.ts'
import type { ImapServer } from './imap-connection.ts'
import { type ImapFolder, listFolders } from './imap-folders.ts'
import { messagesOf } from './imap-messages.ts'
import { ImapSession } from './imap-session.ts'

/** Of as many mailboxes as are read, each with what is in it, which some servers have to be asked for one by one. */
const listLimit = { bytes: 8_388_608, times: 10 }

/** Everything that somebody has on another server. Disposing it logs out. @throws TransferRefusal */
export async function openImapSource(
  server: ImapServer,
  report: SourceReport,
): Promise<MailSource & AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const session = stack.use(await ImapSession.open(server))
  const folders = await listed(session, server, report)
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

async function listed(
  session: ImapSession,
  { host, port }: ImapServer,
  report: SourceReport,
): Promise<ImapFolder[]> {
  try {
    return await session.ask((flow) => listFolders(flow, report), listLimit)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new TransferRefusal(`${host}:${port}: its mailboxes cannot be listed: ${reason}`, {
      cause,
    })
  }
}
