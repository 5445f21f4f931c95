import { setTimeout } from 'node:timers/promises'

import type { MailStore } from '@gatepost/core'

import { aroundMail } from './around-mail.ts'

const maxWaitMs = 4

/** A store as one behind a network is: each answer comes after a while, and not in the order of the questions. */
export function slowMail(mail: MailStore): MailStore {
  return aroundMail(mail, async (_name, call) => {
    await wait()
    try {
      return await call()
    } finally {
      await wait()
    }
  })
}

function wait(): Promise<void> {
  return setTimeout(Math.random() * maxWaitMs)
}
