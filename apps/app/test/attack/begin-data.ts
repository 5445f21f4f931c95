import type { LineClient } from '@gatepost/testkit'

/** A transaction up to DATA, whatever the server says to it. */
export async function beginData(client: LineClient, from: string, to: string): Promise<void> {
  await client.ask(`MAIL FROM:<${from}>`)
  await client.ask(`RCPT TO:<${to}>`)
  await client.ask('DATA')
}
