import { expect, it } from 'vitest'

import { receivedField, rfc5322Date } from './trace-fields.ts'

const field = {
  helo: 'client.example',
  clientAddress: '192.0.2.1',
  hostname: 'mx.example.test',
  transmissionType: 'ESMTPS',
  sessionId: 'c1',
  recipient: 'me@example.test',
  at: new Date(Date.UTC(2026, 0, 2, 3, 4, 5)),
}

it('says who brought the message, when, and for whom', () => {
  expect(receivedField(field)).toBe(
    'Received: from client.example ([192.0.2.1])\r\n\tby mx.example.test (Gatepost) with ESMTPS id c1\r\n\tfor <me@example.test>;\r\n\tFri, 2 Jan 2026 03:04:05 +0000\r\n',
  )
  expect(receivedField({ ...field, clientAddress: '2001:db8::1', recipient: undefined })).toContain(
    '([IPv6:2001:db8::1])',
  )
})

it('cannot be forged by a greeting', () => {
  expect(receivedField({ ...field, helo: 'x)\r\nX-Forged: (y' })).toContain(
    'from x???X-Forged:??y (',
  )
})

it('writes dates as RFC 5322 wants them', () => {
  expect(rfc5322Date(new Date(0))).toBe('Thu, 1 Jan 1970 00:00:00 +0000')
})
