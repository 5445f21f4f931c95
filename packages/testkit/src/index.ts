export { silentLogger } from '@gatepost/telemetry'
export { beginData } from './begin-data.ts'
export { CollectingSecurityLog, type CollectedEvent } from './collecting-log.ts'
export { SwitchFilter } from './switch-filter.ts'
export { ImapClient, type ImapAnswer } from './imap-client.ts'
export { LineClient, type LineClientOptions } from './line-client.ts'
export { accessTo, loginRecordOf } from './login-record-of.ts'
export { Maildir } from './maildir.ts'
export { MemoryLogins } from './memory-logins.ts'
export { missing } from './missing.ts'
export { innerMessage, oddMessages } from './odd-messages.ts'
export { PostgresServer } from './postgres-server.ts'
export { PostfixServer, type PostfixOptions, type PostfixParameters } from './postfix-server.ts'
export {
  ScriptedSmtpServer,
  type ScriptedSmtpOptions,
  type SinkMessage,
} from './scripted-smtp-server.ts'
export { ScramClient, type ScramClientOptions } from './scram-client.ts'
export { SmallDisk } from './small-disk.ts'
export { countTrips } from './store/count-trips.ts'
export { slowDirectory, slowMail, slowQueue } from './store/slow-store.ts'
export { describeChangeFeed } from './store/describe-change-feed.ts'
export { describeDirectory } from './store/describe-directory.ts'
export { describeMailStore, describeSearchlessMailStore } from './store/describe-mail-store.ts'
export { describeQueue } from './store/describe-queue.ts'
export {
  blobBytes,
  contentsOf,
  sharingOf,
  type MailFixture,
  type OpenStoreFixture,
  type StoreFixture,
  uidsOfMailbox,
} from './store/store-fixture.ts'
export { type WorstMessage, worstMessages } from './worst-messages.ts'
