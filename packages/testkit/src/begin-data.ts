import type { LineClient } from './line-client.ts'

/** An SMTP transaction up to DATA, whatever the server says to it. Answers the reply to DATA. */
export async function beginData(
  client: LineClient,
  from = 'a@example.org',
  to = 'me@example.test',
): Promise<string> {
  await client.ask(`MAIL FROM:<${from}>`)
  await client.ask(`RCPT TO:<${to}>`)
  return client.ask('DATA')
}
