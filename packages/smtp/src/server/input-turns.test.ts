import { setImmediate as nextTurn } from 'node:timers/promises'

import { expect, it } from 'vitest'

import { InputTurns } from './input-turns.ts'
import { StrictSmtpStream } from './strict-smtp-stream.ts'

const piece = 65_536
/** Of these a turn takes four. */
const perTurn = 4

it('sessions that send as fast as they can are read on a few pieces a turn, in order', async () => {
  const turns = new InputTurns()
  const readOn: number[] = []
  for (let session = 0; session < 10; session += 1) turns.came(piece, () => readOn.push(session))
  expect(readOn).toEqual([0, 1, 2, 3])
  await nextTurn()
  expect(readOn).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  await nextTurn()
  expect(readOn).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

it('who comes while others wait is behind them, and a new turn has all of its room', async () => {
  const turns = new InputTurns()
  const readOn: string[] = []
  for (let count = 0; count < perTurn; count += 1) turns.came(piece, () => undefined)
  turns.came(piece, () => {
    readOn.push('first')
    turns.came(piece, () => readOn.push('first again'))
  })
  turns.came(piece, () => readOn.push('second'))
  await nextTurn()
  expect(readOn).toEqual(['first', 'first again', 'second'])
  turns.came(piece, () => readOn.push('third'))
  await nextTurn()
  expect(readOn.at(-1)).toBe('third')
})

it('nine clients that filled their sockets held every protocol for 200 ms: a message is read in turns', async () => {
  const turns = new InputTurns()
  let taken = 0
  const parsers = Array.from({ length: 9 }, () => {
    const parser = new StrictSmtpStream(
      { turns: () => turns, onPiece: () => undefined },
      () => undefined,
    )
    parser.startDataMode(10 * piece * 32).on('data', (bytes: Buffer) => (taken += bytes.length))
    return parser
  })
  for (const parser of parsers)
    for (let count = 0; count < 32; count += 1) parser.write(Buffer.alloc(piece, 'x'))
  const steps: number[] = []
  for (let before = 0; steps.length < 200; before = taken) {
    steps.push(taken - before)
    await nextTurn()
  }
  // All but the few bytes that may be the beginning of the end.
  expect(taken).toBeGreaterThan(9 * 31 * piece)
  // What each has in its hands when its turn begins, and what a turn takes.
  expect(Math.max(...steps)).toBeLessThanOrEqual((9 + 2 * perTurn) * piece)
})
