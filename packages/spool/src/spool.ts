import { randomUUID } from 'node:crypto'
import { chmod, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { type AccountId, DataMemory, type IpAddress } from '@gatepost/core'

import { SpoolFile } from './spool-file.ts'

export interface SpoolOptions {
  /** Made with mode 0700 when it is not there. Everything in it is removed. */
  readonly folder: string
  /** All files together. */
  readonly maxBytes: number
  /** Of one message: `DataMemory` says how much of all one source may have. */
  readonly maxMessageBytes: number
}

/** The messages in it are of a process that has ended: nobody was told that they had been taken. */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const { folder } = options
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true })
  return new Spool(options)
}

/** Files for messages that are too large for the memory, for as long as they are on their way. */
export class Spool {
  readonly #folder: string
  readonly #room: DataMemory

  constructor({ folder, maxBytes, maxMessageBytes }: SpoolOptions) {
    this.#folder = folder
    this.#room = new DataMemory({ maxBytesInFlight: maxBytes, maxMessageBytes })
  }

  get usedBytes(): number {
    return this.#room.usedBytes
  }

  /** For one message of this client or account. The caller disposes of it, whatever comes of the message. */
  begin(owner: IpAddress | AccountId): SpoolFile {
    return new SpoolFile(join(this.#folder, randomUUID()), this.#room.enter(owner))
  }
}
