import type { QueueId } from '@gatepost/core'

import type { Command } from '../command.ts'
import { table } from '../table.ts'

const maxListed = 10_000

export const queueCommands: readonly Command[] = [
  {
    name: 'queue list',
    usage: '',
    summary: 'mail that waits to go out, a line for each recipient',
    minPositionals: 0,
    maxPositionals: 0,
    async run({ store, print, isJson }) {
      const entries = await (await store()).queue.list(maxListed)
      const rows = entries.flatMap(({ message, recipients }) =>
        recipients.map(({ address, attempts, nextAttemptAt, state, lastReply }) => ({
          id: message.id,
          from: message.reversePath === '' ? '<>' : message.reversePath,
          to: address,
          state,
          attempts,
          next: new Date(nextAttemptAt).toISOString(),
          reply: lastReply ?? '',
        })),
      )
      print(isJson ? JSON.stringify(rows) : table(rows, 'the queue is empty'))
    },
  },
  {
    name: 'queue retry',
    usage: '[id]',
    summary: 'try again now: one message, or all',
    minPositionals: 0,
    maxPositionals: 1,
    async run({ positionals, store, print }) {
      const [id] = positionals
      const count = await (
        await store()
      ).queue.retry(id === undefined ? undefined : (id as QueueId))
      print(`${count} recipients are due now`)
    },
  },
  {
    name: 'queue delete',
    usage: '<id>',
    summary: 'take a message off the queue without telling its sender',
    minPositionals: 1,
    maxPositionals: 1,
    async run({ positionals, store, print }) {
      const id = (positionals[0] ?? '') as QueueId
      await (await store()).queue.delete(id)
      print(`deleted ${id}`)
    },
  },
]
