import { indexMessage } from '@gatepost/mime'
import { expect, it } from 'vitest'

import { IndexThread } from './index-thread.ts'

const message = Buffer.from('Subject: x\r\n\r\nbody\r\n')

it('a thread that dies fails what it was asked, and the next message is read by another', async () => {
  await using thread = new IndexThread()
  const broken = null as unknown as Uint8Array<ArrayBuffer>
  await expect(thread.read(broken)).rejects.toThrow(Error)
  const { index, bytes } = await thread.read(new Uint8Array(message))
  expect(index).toEqual(indexMessage(message))
  expect(Buffer.from(bytes)).toEqual(message)
}, 60_000)

it('a thread that is ended fails what it was asked', async () => {
  const thread = new IndexThread()
  const answer = expect(thread.read(new Uint8Array(message))).rejects.toThrow(Error)
  await thread[Symbol.asyncDispose]()
  await answer
}, 60_000)
