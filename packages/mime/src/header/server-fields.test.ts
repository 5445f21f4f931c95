import { expect, it } from 'vitest'

import { headerFields } from './header-fields.ts'
import { isOwnTrace } from './server-fields.ts'

function isOwn(line: string, hostname = 'mail.example.test'): boolean {
  const content = Buffer.from(`${line}\r\n\r\n`)
  const [field] = headerFields(content, 0, content.length)
  return field !== undefined && isOwnTrace(content, field, { hostname })
}

it.each([
  'Authentication-Results: mail.example.test; dmarc=pass',
  'Authentication-Results: mail.example.test.; dmarc=pass',
  'Authentication-Results: "Mail.Example.Test." 1; dmarc=pass',
  'ARC-Authentication-Results: i=1; mail.example.test; dmarc=pass',
  'ARC-Authentication-Results: i=1; mail.example.test.; dmarc=pass',
  'arc-authentication-results:\r\n (a;b) i (c) = (;) 1 (d); (e) mail.example.test 1; arc=pass',
  'ARC-Authentication-Results: mail.example.test; dmarc=pass',
  'Return-Path: <a@example.org>',
])('nobody but this server may have written %j', (line) => {
  expect(isOwn(line)).toBe(true)
  expect(isOwn(line, 'mail.example.test.')).toBe(true)
})

it.each([
  'Authentication-Results: mail.example.test.evil.example; dmarc=pass',
  'Authentication-Results: i=1; mail.example.test; dmarc=pass',
  'ARC-Authentication-Results: i=1; mx.other.example; dmarc=pass',
  'ARC-Authentication-Results: i=1',
  'ARC-Seal: i=1; d=mail.example.test',
])('%j may come from elsewhere', (line) => {
  expect(isOwn(line)).toBe(false)
})
