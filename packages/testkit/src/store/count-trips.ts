import type { MailStore } from '@gatepost/core'

import { aroundMail } from './around-mail.ts'

/** The store, and the names of its round trips so far. */
export function countTrips(mail: MailStore): {
  readonly mail: MailStore
  readonly trips: string[]
} {
  const trips: string[] = []
  const counted = aroundMail(mail, (name, call) => {
    trips.push(name)
    return call()
  })
  return { mail: counted, trips }
}
