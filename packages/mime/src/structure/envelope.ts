import { parseAddressList } from '../header/address-list.ts'
import { parseDate } from '../header/date.ts'
import { readWords } from '../header/encoded-words.ts'
import { parseMessageIds } from '../header/message-ids.ts'
import type { Address, Envelope } from '../mime-index.ts'
import type { HeaderSlots } from './header-slots.ts'

/** How many addresses the message may still bring. */
export interface AddressBudget {
  left: number
  isExceeded: boolean
}

/** The envelope as written: Sender and Reply-To are empty when absent, and IMAP fills them from From (RFC 3501 section 7.4.2). Of a repeated field the last counts (RFC 8621 section 4.1.2), but for To, Cc and Bcc. */
export function envelopeOf(slots: HeaderSlots, budget: AddressBudget): Envelope {
  const date = slots.last('date')
  const sent = date === null ? null : parseDate(date)
  const written = slots.last('subject')
  const subject = written === null ? null : readWords(written)
  const inReplyTo = slots.last('in-reply-to')
  const messageId = slots.last('message-id')
  return {
    date,
    sentAt: sent?.at ?? null,
    sentDay: sent?.day ?? null,
    subject: subject?.text ?? null,
    ...(subject?.asWritten === undefined ? {} : { subjectAsWritten: subject.asWritten }),
    from: addresses(slots, 'from', budget),
    sender: addresses(slots, 'sender', budget),
    replyTo: addresses(slots, 'reply-to', budget),
    ...recipients(slots, budget),
    inReplyTo,
    messageId,
    messageIds: parseMessageIds(messageId ?? ''),
    inReplyToIds: parseMessageIds(inReplyTo ?? ''),
    referenceIds: parseMessageIds(slots.last('references') ?? ''),
  }
}

// Several fields of a name are read as one, as mail programs show them.
function recipients(
  slots: HeaderSlots,
  budget: AddressBudget,
): Pick<Envelope, 'to' | 'cc' | 'bcc' | 'earlier'> {
  const earlier = {
    to: earlierAddresses(slots, 'to', budget),
    cc: earlierAddresses(slots, 'cc', budget),
    bcc: earlierAddresses(slots, 'bcc', budget),
  }
  const counts = Object.entries(earlier).flatMap(([name, { length }]) =>
    length === 0 ? [] : [[name, length] as const],
  )
  return {
    to: [...earlier.to, ...addresses(slots, 'to', budget)],
    cc: [...earlier.cc, ...addresses(slots, 'cc', budget)],
    bcc: [...earlier.bcc, ...addresses(slots, 'bcc', budget)],
    ...(counts.length === 0 ? {} : { earlier: Object.fromEntries(counts) }),
  }
}

function earlierAddresses(
  slots: HeaderSlots,
  name: string,
  budget: AddressBudget,
): readonly Address[] {
  return slots.earlier(name).flatMap((value) => parseWithin(value, budget))
}

function addresses(slots: HeaderSlots, name: string, budget: AddressBudget): readonly Address[] {
  const value = slots.last(name)
  return value === null ? [] : parseWithin(value, budget)
}

function parseWithin(value: string, budget: AddressBudget): readonly Address[] {
  // One more than allowed shows that there were more.
  const found = parseAddressList(value, budget.left + 1)
  if (found.length > budget.left) {
    budget.isExceeded = true
    found.length = budget.left
  }
  budget.left -= found.length
  return found
}
