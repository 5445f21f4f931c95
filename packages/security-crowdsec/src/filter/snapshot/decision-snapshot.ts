import { open } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'

import type { Clock } from '@gatepost/core'

import type { Decision } from '../connection-filter.ts'
import { replaceFile } from '../replace-file.ts'
import type { DecisionBatch } from '../stream/decision-batch.ts'
import { DecisionStreamParser } from '../stream/decision-stream-parser.ts'
import type { DecisionTable } from '../table/decision-table.ts'

/** What was decided when it was written: bans survive our restart even when nobody can be asked. */
export interface Snapshot {
  readonly batch: DecisionBatch
  /** Milliseconds since 1970. */
  readonly savedAt: number
}

const header = /^gatepost-decisions 1 (\d{1,16})\n/
const maxBytes = 256 * 1024 * 1024
const chunkBytes = 65_536
const sliceSlots = 2000

/**
 * Undefined when there is none. What time has taken from each decision since it was written is subtracted, by the wall clock.
 * @throws Error for a file that cannot be read or is none of ours
 */
export async function readSnapshot(path: string, clock: Clock): Promise<Snapshot | undefined> {
  await using resources = new AsyncDisposableStack()
  const file = await open(path, 'r').catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw error
  })
  if (file === undefined) return undefined
  resources.use(file)
  const { size } = await file.stat()
  if (size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`)
  const parser = new DecisionStreamParser()
  let savedAt: number | undefined
  for await (const chunk of file.createReadStream({
    highWaterMark: chunkBytes,
    autoClose: false,
  }) as AsyncIterable<Buffer>) {
    if (savedAt === undefined) {
      const match = header.exec(chunk.subarray(0, 64).toString('latin1'))
      if (match === null) throw new Error('it is no snapshot of this version')
      savedAt = Number(match[1])
      parser.push(chunk.subarray(match[0].length))
    } else parser.push(chunk)
  }
  const batch = parser.finish()
  const passedMs = Math.max(0, clock.now() - (savedAt ?? 0))
  for (let row = 0; row < batch.size; row += 1)
    batch.remainingMs[row] = (batch.remainingMs[row] ?? 0) - passedMs
  return { batch, savedAt: savedAt ?? 0 }
}

/**
 * In the Local API's own form, so that one parser reads both.
 * @throws Error when the disk does not take it
 */
export async function writeSnapshot(
  path: string,
  table: Pick<DecisionTable, 'each'>,
  clock: Clock,
): Promise<void> {
  const now = clock.now()
  await replaceFile(path, async (append) => {
    await append(`gatepost-decisions 1 ${now}\n{"new":[`)
    let separator = ''
    for (let from = 0; from !== -1;) {
      let text = ''
      from = table.each(from, sliceSlots, (decision) => {
        text += `${separator}${itemOf(decision, now)}`
        separator = ',\n'
      })
      if (text !== '') await append(text)
      await nextTurn()
    }
    await append('],"deleted":null}\n')
  })
}

/** Ends are rounded up to a second: a restart shortens no ban. */
function itemOf({ until, ...decision }: Decision, now: number): string {
  const seconds = Math.max(0, Math.ceil((until - now) / 1000))
  return JSON.stringify({ ...decision, duration: `${seconds}s` })
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
