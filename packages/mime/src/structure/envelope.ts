import { parseAddressList } from '../header/address-list.ts'
import { parseDate } from '../header/date.ts'
import { decodeWords } from '../header/encoded-words.ts'
import { parseMessageIds } from '../header/message-ids.ts'
import type { Address, Envelope } from '../mime-index.ts'
import type { HeaderSlots } from './header-slots.ts'

/** How many addresses the message may still bring. */
export interface AddressBudget {
  left: number
  isExceeded: boolean
}

/** The envelope as written: Sender and Reply-To are empty when absent, and IMAP fills them from From (RFC 3501 section 7.4.2). Of a repeated field the last counts (RFC 8621 section 4.1.2). */
export function envelopeOf(slots: HeaderSlots, budget: AddressBudget): Envelope {
  const date = slots.last('date')
  const sent = date === null ? null : parseDate(date)
  const subject = slots.last('subject')
  const inReplyTo = slots.last('in-reply-to')
  const messageId = slots.last('message-id')
  return {
    date,
    sentAt: sent?.at ?? null,
    sentDay: sent?.day ?? null,
    subject: subject === null ? null : decodeWords(subject),
    from: addresses(slots, 'from', budget),
    sender: addresses(slots, 'sender', budget),
    replyTo: addresses(slots, 'reply-to', budget),
    to: addresses(slots, 'to', budget),
    cc: addresses(slots, 'cc', budget),
    bcc: addresses(slots, 'bcc', budget),
    inReplyTo,
    messageId,
    messageIds: parseMessageIds(messageId ?? ''),
    inReplyToIds: parseMessageIds(inReplyTo ?? ''),
    referenceIds: parseMessageIds(slots.last('references') ?? ''),
  }
}

function addresses(slots: HeaderSlots, name: string, budget: AddressBudget): readonly Address[] {
  const value = slots.last(name)
  if (value === null) return []
  // One more than allowed shows that there were more.
  const found = parseAddressList(value, budget.left + 1)
  if (found.length > budget.left) {
    budget.isExceeded = true
    found.length = budget.left
  }
  budget.left -= found.length
  return found
}
