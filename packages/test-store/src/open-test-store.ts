import type {
  ChangeFeed,
  Directory,
  DirectoryAdmin,
  MailStore,
  Queue,
  QueueAdmin,
} from '@gatepost/core'
import { openStore } from '@gatepost/store-sqlite'
import { countTrips, slowDirectory, slowMail, slowQueue } from '@gatepost/testkit'

export interface TestStore extends AsyncDisposable {
  readonly mail: MailStore
  readonly changes: ChangeFeed
  readonly directory: Directory & DirectoryAdmin
  readonly queue: Queue & QueueAdmin
  /** The round trips to `mail` so far, by the names of the methods. */
  readonly trips: string[]
}

export interface TestStoreOptions {
  /** Where it keeps what it has: opened again with the same folder, it has the same. */
  readonly dataFolder: string
  readonly localDomains: readonly string[]
}

const variable = 'GATEPOST_TEST_STORE'

/** A store of the adapter that the variable names. */
export async function openTestStore(options: TestStoreOptions): Promise<TestStore> {
  const adapter = process.env[variable] ?? 'sqlite'
  if (adapter !== 'sqlite' && adapter !== 'slow')
    throw new Error(`${variable} is sqlite or slow, and not ${adapter}`)
  const store = await openStore(options)
  const { changes, directory, queue } = store
  const isSlow = adapter === 'slow'
  const { mail, trips } = countTrips(isSlow ? slowMail(store.mail) : store.mail)
  return {
    mail,
    changes,
    directory: isSlow ? slowDirectory(directory) : directory,
    queue: isSlow ? slowQueue(queue) : queue,
    trips,
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}
