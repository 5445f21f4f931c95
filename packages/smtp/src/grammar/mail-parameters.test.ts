import { expect, it } from 'vitest'

import { checkPathLine } from './mail-parameters.ts'

it.each([
  ['MAIL', 'MAIL FROM:<a@example.test> SIZE=1 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=x', undefined],
  ['MAIL', 'MAIL FROM:<>', undefined],
  ['RCPT', 'rcpt to:<a@example.test> notify=never orcpt=rfc822;a@b', undefined],
  ['MAIL', 'MAIL FROM: <a@example.test>', { kind: 'spaceBeforePath' }],
  [
    'MAIL',
    'MAIL FROM:<a@example.test> FUTURERELEASE=5',
    { kind: 'unknownParameter', name: 'FUTURERELEASE' },
  ],
  ['RCPT', 'RCPT TO:<a@example.test> SIZE=5', { kind: 'unknownParameter', name: 'SIZE' }],
  [
    'RCPT',
    `RCPT TO:<a@example.test> ${'x\u0001'.repeat(50)}`,
    { kind: 'unknownParameter', name: 'X?'.repeat(16) },
  ],
] as const)('%s: %j -> %j', (verb, line, problem) => {
  expect(checkPathLine(verb, line)).toEqual(problem)
})
