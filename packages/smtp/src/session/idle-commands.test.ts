import { expect, it } from 'vitest'

import { IdleCommands } from './idle-commands.ts'

const limits = { maxIdleCommands: 100, maxRecipients: 100 }

function steps(verbs: readonly string[], idle = new IdleCommands(limits)): number {
  return verbs.findIndex((verb) => !idle.mayGoOn(verb))
}

function times(count: number, ...verbs: string[]): string[] {
  return Array.from({ length: count }, () => verbs).flat()
}

it.each(['NOOP', 'RSET', 'EHLO', 'HELP', 'VRFY', 'AUTH', 'STARTTLS', 'MAIL', 'DATA', 'XYZZY'])(
  'the 101st %s is one too many',
  (verb) => {
    expect(steps(times(200, verb))).toBe(100)
  },
)

it('MAIL and RSET in turns are', () => {
  expect(steps(times(200, 'MAIL', 'RSET'))).toBe(100)
})

it('a thousand recipients are not, a million are', () => {
  expect(steps(['EHLO', 'MAIL', ...times(1000, 'RCPT')])).toBe(-1)
  expect(steps(['EHLO', 'MAIL', ...times(2000, 'RCPT')])).toBe(1100)
})

it('a connection that is kept for a thousand mails is not, with RSET and NOOP between', () => {
  const idle = new IdleCommands(limits)
  for (let count = 0; count < 1000; count += 1) {
    const mail = ['RSET', 'NOOP', 'MAIL', ...times(100, 'RCPT'), 'DATA']
    expect(steps(mail, idle)).toBe(-1)
    idle.messageTaken()
  }
})

it('five hundred mails for a full mailbox are not, a session of nothing else ends', () => {
  const idle = new IdleCommands(limits)
  let count = 0
  for (; count < 5000; count += 1) {
    if (steps(['MAIL', 'RCPT'], idle) !== -1) break
    idle.excuse()
    if (steps(['RSET'], idle) !== -1) break
  }
  expect(count).toBeGreaterThan(500)
  expect(count).toBeLessThan(1100)
})
