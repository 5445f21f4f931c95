import { setImmediate as nextTurn } from 'node:timers/promises'

import type { OutboundRecipient } from '@gatepost/core'
import { LineTraitsReader, type LineTraits, type Obstacle } from '@gatepost/mime'

import { convertMessage } from './convert-message.ts'
import type { OutgoingMessage } from './outgoing-message.ts'
import type { Peer } from './peer.ts'

/** What may go to the other server, and what it would not take: it is not asked then. */
export interface Fitted {
  readonly content: Buffer
  readonly recipients: readonly OutboundRecipient[]
  /** Our own replies to those that are left out. */
  readonly refused: ReadonlyMap<string, string>
  readonly is8Bit: boolean
  readonly needsUtf8: boolean
}

const notUtf8 = '553 5.6.7 That server takes no addresses or header fields beyond ASCII (SMTPUTF8)'
const notAnAddress = '553 5.1.3 No mail server takes this address'
const tooLarge = '552 5.3.4 The message is larger than that server takes'

const obstacles: Readonly<Record<Obstacle, string>> = {
  signed: '554 5.6.2 The message would have to be changed for that server, and it is signed',
  header: '554 5.6.3 A header field has bytes or a length that no mail server need take',
  structure: '554 5.6.3 The message has bytes or lines that no mail server need take',
}

/** As the other server can take it: without asking for what it has not announced, and within its limits. Reads and converts in turns or beside the event loop. */
export async function fitMessage(
  message: OutgoingMessage,
  peer: Peer,
  signal: AbortSignal,
): Promise<Fitted> {
  const traits = await traitsOf(message.content)
  const isUtf8Needed = traits.hasUtf8Header || isBeyondAscii(message.reversePath)
  const refused = new Map<string, string>()
  for (const { address } of message.recipients) {
    const needsUtf8 = isUtf8Needed || isBeyondAscii(address)
    if (/[<>\r\n]/.test(address)) refused.set(address, notAnAddress)
    else if (needsUtf8 && !peer.hasSmtpUtf8) refused.set(address, notUtf8)
  }
  const recipients = message.recipients.filter(({ address }) => !refused.has(address))
  const needsUtf8 = isUtf8Needed || recipients.some(({ address }) => isBeyondAscii(address))
  const fitted = { content: message.content, recipients, refused, is8Bit: false, needsUtf8 }
  if (recipients.length === 0) return fitted
  // Where SMTPUTF8 is, 8BITMIME is too (RFC 6531 section 3.1).
  const allows8Bit = peer.has8BitMime || peer.hasSmtpUtf8
  const is8Bit = traits.has8BitBody || traits.hasUtf8Header
  const isToBeConverted = traits.hasUnsendable || (is8Bit && !allows8Bit)
  if (!isToBeConverted) return withinSize({ ...fitted, is8Bit }, peer)
  const converted = await convertMessage(message.content, { allows8Bit }, signal)
  return converted.kind === 'message'
    ? withinSize({ ...fitted, content: converted.content, is8Bit: is8Bit && allows8Bit }, peer)
    : refuseAll(fitted, obstacles[converted.obstacle])
}

/** RFC 1870 section 6.2 */
function withinSize(fitted: Fitted, { maxBytes }: Peer): Fitted {
  return maxBytes === 0 || fitted.content.length <= maxBytes ? fitted : refuseAll(fitted, tooLarge)
}

function refuseAll(fitted: Fitted, reply: string): Fitted {
  const refused = new Map(fitted.refused)
  for (const { address } of fitted.recipients) refused.set(address, reply)
  return { ...fitted, recipients: [], refused }
}

/** What is looked at in one turn of the event loop. */
const pieceBytes = 1_048_576

async function traitsOf(content: Buffer): Promise<LineTraits> {
  const reader = new LineTraitsReader()
  for (let at = 0; at < content.length; at += pieceBytes) {
    if (at > 0) await nextTurn()
    reader.read(content.subarray(at, at + pieceBytes))
  }
  return reader.traits
}

function isBeyondAscii(text: string): boolean {
  return /[^\x00-\x7f]/.test(text)
}
