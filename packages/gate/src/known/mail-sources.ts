/**
 * What doors that take mail from other servers tell of each source, so that one bad message among thousands is judged by its share.
 * `ip` is that of the security context.
 */
export interface MailSources {
  /** A message for somebody who is here was taken. */
  delivered(ip: string): void
  /** Something that a scenario counts: an unknown recipient, a trap, a smuggled command. */
  offended(ip: string): void
}
