import { expect, it } from 'vitest'

import { returnPathField, withoutReturnPath } from './return-path.ts'

const message = 'From: a@example.test\r\nReturn-Path: <x@y.test>\r\n\r\nReturn-Path: <>\r\n'

it.each(['', 'me@example.test', '"a>b"@example.test'])(
  'the Return-Path of <%s> is taken off as it was put on',
  (reversePath) => {
    const delivered = Buffer.from(returnPathField(reversePath) + message)
    expect(withoutReturnPath(delivered).toString()).toBe(message)
    expect(withoutReturnPath(Buffer.from(message)).toString()).toBe(message)
  },
)
