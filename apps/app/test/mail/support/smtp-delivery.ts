import { LineClient } from '@gatepost/testkit'

export interface DeliveryOptions {
  readonly from?: string
  readonly to?: readonly string[]
  /** Behind the path of MAIL: ` SMTPUTF8`. */
  readonly parameters?: string
  /** The address that the client comes from. */
  readonly localAddress?: string
}

/** A message from another server, byte for byte, over one connection to the MX. @throws Error unless it is accepted */
export function deliver(
  port: number,
  content: string | Uint8Array,
  options: DeliveryOptions = {},
): Promise<void> {
  return deliverAll(port, [content], options)
}

/** Messages one after the other over one connection. @throws Error unless all are accepted */
export async function deliverAll(
  port: number,
  contents: readonly (string | Uint8Array)[],
  options: DeliveryOptions = {},
): Promise<void> {
  const { from = 'a@example.org', to = ['me@example.test'], parameters = '', ...rest } = options
  using client = new LineClient({ port, ...rest })
  await client.reply()
  expectSuccess(await client.ask('EHLO client.example'))
  const recipients = to.map((address) => `RCPT TO:<${address}>`)
  for (const content of contents) {
    for (const command of [`MAIL FROM:<${from}>${parameters}`, ...recipients, 'DATA'])
      expectSuccess(await client.ask(command))
    // In one write: the end in another would wait for the acknowledgement of the text.
    client.send(Buffer.concat([dotStuffed(Buffer.from(content)), Buffer.from('.\r\n')]))
    expectSuccess(await client.reply())
  }
}

/** RFC 5321 section 4.5.2. */
function dotStuffed(content: Buffer): Buffer {
  const text = content.toString('latin1').replaceAll(/(^|\r\n)\./g, '$1..')
  return Buffer.from(text, 'latin1')
}

function expectSuccess(reply: string): void {
  if (!/^[23]/.test(reply)) throw new Error(reply)
}
