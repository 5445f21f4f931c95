/** A mail server under measurement. */
export interface MailServer extends AsyncDisposable {
  readonly name: string
  readonly port: number
  /** Messages in the mailbox of me@example.test, on disk. */
  delivered(): number
  /** Of its processes, in MB; left out where they are many. */
  residentMb?(): number
}
