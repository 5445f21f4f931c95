import { parseDate } from '@gatepost/mime'
import type { ImapFlow } from 'imapflow'

import type { ReceivedTime } from '../mail-item.ts'
import { usableZone } from '../zone-text.ts'

interface Token {
  readonly value?: unknown
}

interface FetchResponse {
  /** `FETCH`, and the list of names and values. */
  readonly attributes?: readonly (Token | readonly Token[] | null)[]
}

/** What the library runs its own commands with and leaves out of its types. */
interface CommandRunner {
  exec(
    command: string,
    attributes: readonly unknown[],
    options: {
      readonly untagged: { readonly FETCH: (response: FetchResponse) => Promise<void> }
    },
  ): Promise<{ next(): void }>
}

/**
 * INTERNALDATE of messages, with the zone that the server writes: the library makes a Date of it, which has none. UIDs whose date is missing or no
 * date are left out. `set`: a sequence set of the UIDs.
 */
export async function internalDates(
  flow: ImapFlow,
  { set, uids }: { readonly set: string; readonly uids: ReadonlySet<number> },
): Promise<ReadonlyMap<number, ReceivedTime>> {
  const found = new Map<number, ReceivedTime>()
  const response = await (flow as unknown as CommandRunner).exec(
    'UID FETCH',
    [{ type: 'SEQUENCE', value: set }, [atom('UID'), atom('INTERNALDATE')]],
    {
      untagged: {
        FETCH: ({ attributes }) => {
          const { uid, internalDate } = itemsOf(attributes?.[1])
          const received = parseInternalDate(internalDate)
          if (uids.has(Number(uid)) && received !== undefined) found.set(Number(uid), received)
          return Promise.resolve()
        },
      },
    },
  )
  response.next()
  return found
}

/** RFC 3501 section 9 `date-time`. */
function parseInternalDate(text: string): ReceivedTime | undefined {
  const date = parseDate(text)
  if (date === null || !Number.isSafeInteger(date.at)) return undefined
  return { receivedAt: date.at, zoneMinutes: usableZone(date.offsetMinutes) }
}

function atom(value: string): { readonly type: string; readonly value: string } {
  return { type: 'ATOM', value }
}

function itemsOf(list: unknown): { readonly uid: string; readonly internalDate: string } {
  const values = Array.isArray(list) ? (list as (Token | null)[]).map(textOf) : []
  const valueOf = (name: string): string => {
    const at = values.findIndex((value, place) => place % 2 === 0 && value.toUpperCase() === name)
    return at === -1 ? '' : (values[at + 1] ?? '')
  }
  return { uid: valueOf('UID'), internalDate: valueOf('INTERNALDATE') }
}

/** A literal is a Buffer. */
function textOf(token: Token | null): string {
  const value = token?.value
  return typeof value === 'string' || Buffer.isBuffer(value) ? value.toString() : ''
}
