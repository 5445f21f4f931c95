import { LineClient } from '@gatepost/testkit'

export interface DeliveryOptions {
  readonly from?: string
  readonly to?: readonly string[]
  /** The address that the client comes from. */
  readonly localAddress?: string
}

/** A message from another server, byte for byte, over one connection to the MX. @throws Error unless it is accepted */
export async function deliver(
  port: number,
  content: string | Uint8Array,
  options: DeliveryOptions = {},
): Promise<void> {
  const { from = 'a@example.org', to = ['me@example.test'], ...rest } = options
  using client = new LineClient({ port, ...rest })
  await client.reply()
  const commands = [
    'EHLO client.example',
    `MAIL FROM:<${from}>`,
    ...to.map((address) => `RCPT TO:<${address}>`),
    'DATA',
  ]
  for (const command of commands) expectSuccess(await client.ask(command))
  client.send(dotStuffed(Buffer.from(content)))
  expectSuccess(await client.ask('.'))
}

/** RFC 5321 section 4.5.2. */
function dotStuffed(content: Buffer): Buffer {
  const text = content.toString('latin1').replaceAll(/(^|\r\n)\./g, '$1..')
  return Buffer.from(text, 'latin1')
}

function expectSuccess(reply: string): void {
  if (!/^[23]/.test(reply)) throw new Error(reply)
}
