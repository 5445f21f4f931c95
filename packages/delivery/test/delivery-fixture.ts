import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import {
  systemClock,
  type Account,
  type OutboundRecipient,
  type Queue,
  type SubmittedMessage,
} from '@gatepost/core'
import { PrometheusMetrics, silentLogger } from '@gatepost/telemetry'
import { openTestStore, type TestStore } from '@gatepost/test-store'
import { contentsOf, ScriptedSmtpServer } from '@gatepost/testkit'

import {
  defaultRetrySchedule,
  Delivery,
  type DeliveryOptions,
  type RetrySchedule,
} from '../src/index.ts'

export const content: Buffer = Buffer.from(
  'From: me@example.test\r\nSubject: h\u00e9llo\r\n\r\n.dot\r\nbody \u00e9\r\n',
)
/** Tries follow each other at once. */
export const soon: RetrySchedule = { ...defaultRetrySchedule, firstMs: 5, maxMs: 5 }

/** A store with the accounts `me` and `you`, and the one server elsewhere that all other mail goes to. */
export class DeliveryFixture implements AsyncDisposable {
  readonly resources: AsyncDisposableStack
  readonly #folder: string
  store: TestStore
  readonly me: Account
  readonly sink: ScriptedSmtpServer

  private constructor(
    resources: AsyncDisposableStack,
    parts: {
      readonly folder: string
      readonly store: TestStore
      readonly me: Account
      readonly sink: ScriptedSmtpServer
    },
  ) {
    this.resources = resources
    this.#folder = parts.folder
    this.store = parts.store
    this.me = parts.me
    this.sink = parts.sink
  }

  static async open(): Promise<DeliveryFixture> {
    await using resources = new AsyncDisposableStack()
    const folder = mkdtempSync(join(tmpdir(), 'gatepost-delivery-'))
    resources.defer(() => rmSync(folder, { recursive: true }))
    const store = resources.use(await openStoreIn(folder))
    const me = await store.directory.addAccount('me@example.test', { hash: 'x' })
    await store.directory.addAccount('you@example.test', { hash: 'x' })
    const sink = resources.use(await ScriptedSmtpServer.listen())
    return new DeliveryFixture(resources.move(), { folder, store, me, sink })
  }

  /** As after a restart of the server. */
  async reopenStore(): Promise<void> {
    await this.store[Symbol.asyncDispose]()
    this.store = this.resources.use(await openStoreIn(this.#folder))
  }

  make(options: Partial<DeliveryOptions> = {}): Delivery {
    const { store, sink } = this
    return new Delivery({
      store: store.mail,
      queue: store.queue,
      directory: store.directory,
      hosts: {
        find: () =>
          Promise.resolve({ kind: 'hosts', targets: [{ host: '127.0.0.1', port: sink.port }] }),
      },
      hostname: 'mail.example.test',
      clock: systemClock,
      random: () => 0.5,
      logger: silentLogger,
      metrics: new PrometheusMetrics(),
      schedule: soon,
      ...options,
    })
  }

  start(options: Partial<DeliveryOptions> = {}): Delivery {
    const delivery = this.resources.use(this.make(options))
    delivery.start()
    return delivery
  }

  submission(
    to: readonly OutboundRecipient[],
    more: Partial<SubmittedMessage> = {},
  ): SubmittedMessage {
    return {
      accountId: this.me.id,
      content,
      reversePath: 'me@example.test',
      recipients: to,
      envelopeId: null,
      dsnReturn: 'headers',
      isTlsRequired: false,
      ...more,
    }
  }

  /** The queue with something else in the place of a method. */
  queueWith(instead: Partial<Queue>): Queue {
    const { queue } = this.store
    return {
      lease: (options) => queue.lease(options),
      settle: (lease, outcomes) => queue.settle(lease, outcomes),
      content: (id) => queue.content(id),
      nextDueAt: (after) => queue.nextDueAt(after),
      onEnqueued: (listener) => queue.onEnqueued(listener),
      ...instead,
    }
  }

  async inbox(address: string): Promise<string[]> {
    const { mail, directory } = this.store
    const account = (await directory.login(address))?.access.account
    if (account === undefined) throw new Error(address)
    const list = await mail.read(account.id, ({ mailboxes }) => mailboxes.list())
    const box = list.find(({ role }) => role === 'inbox')
    if (box === undefined) throw new Error('no inbox')
    return (await contentsOf(mail, account.id, box.id)).map(String)
  }

  async queueEmpty(): Promise<void> {
    while ((await this.store.queue.list(1)).length > 0)
      await new Promise((resolve) => setImmediate(resolve))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.resources.disposeAsync()
  }
}

export function recipient(
  address: string,
  notify: OutboundRecipient['notify'] = [],
): OutboundRecipient {
  return { address, notify, originalRecipient: null }
}

function openStoreIn(dataFolder: string): Promise<TestStore> {
  return openTestStore({ dataFolder, localDomains: ['example.test'] })
}
