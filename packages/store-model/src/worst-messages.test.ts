import { findPart, type MimeIndex, walkParts } from '@gatepost/mime'
import { worstMessages } from '@gatepost/testkit'
import { describe, expect, it } from 'vitest'

import { prepareMessage } from './prepared-message.ts'

const bytes = 300_000

// 131,072 marks on one letter took half a minute, brackets of a Content-ID as many steps as the square of their number.
describe('the worst messages are read in time that grows with their size, and leave an index that is bounded', () => {
  it.each(worstMessages)('$name', ({ make }) => {
    const content = make(bytes)
    expect(content.byteLength).toBeGreaterThan(bytes * 0.9)
    const message = prepareMessage(content)
    const index = JSON.parse(message.mime) as MimeIndex
    const parts = [...walkParts(index.root)]
    expect(parts.length).toBeLessThanOrEqual(1_000)
    expect(message.mime.length).toBeLessThan(2 * bytes)
    expect(message.text.body.length).toBeLessThanOrEqual(2 * 262_144)
    expect(message.threadKeys.length).toBeLessThanOrEqual(64)
    for (const part of parts) {
      expect(part.headerStart).toBeLessThanOrEqual(part.bodyStart)
      expect(part.bodyStart).toBeLessThanOrEqual(part.bodyEnd)
      expect(part.bodyEnd).toBeLessThanOrEqual(content.byteLength)
    }
    expect(findPart(index.root, '')?.bodyEnd).toBe(content.byteLength)
  })
})
