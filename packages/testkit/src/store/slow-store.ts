import { setTimeout } from 'node:timers/promises'

import type { Directory, DirectoryAdmin, MailStore, Queue, QueueAdmin } from '@gatepost/core'

import { aroundMail } from './around-mail.ts'
import { aroundMethods } from './around-methods.ts'

const maxWaitMs = 4

/** Ports as of a store behind a network: each answer comes after a while, and not in the order of the questions. */
export function slowMail(mail: MailStore): MailStore {
  return aroundMail(mail, slowly)
}

/** As `slowMail`. */
export function slowDirectory<T extends Partial<Directory & DirectoryAdmin>>(directory: T): T {
  return aroundMethods('directory', directory, slowly)
}

/** As `slowMail`. */
export function slowQueue(queue: Queue & QueueAdmin): Queue & QueueAdmin {
  return aroundMethods('queue', queue, slowly, new Set(['onEnqueued'] as const))
}

async function slowly<T>(_name: string, call: () => Promise<T>): Promise<T> {
  await wait()
  try {
    return await call()
  } finally {
    await wait()
  }
}

function wait(): Promise<void> {
  return setTimeout(Math.random() * maxWaitMs)
}
