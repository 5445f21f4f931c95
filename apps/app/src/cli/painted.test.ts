import { afterEach, describe, expect, it, vi } from 'vitest'

import { painted } from './painted.ts'
import { table } from './table.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('colours', () => {
  it('are for the words that have one, on a terminal, and move no column', () => {
    vi.stubEnv('FORCE_COLOR', '1')
    expect(painted('ban')).toBe('\u001b[31mban\u001b[39m')
    expect(painted('healthy', 'all well')).toBe('\u001b[32mall well\u001b[39m')
    expect(painted('constructor')).toBe('constructor')
    expect(
      table(
        [
          { type: 'ban', value: '192.0.2.1' },
          { type: 'captcha', value: '\u001b[2J' },
        ],
        'none',
      ),
    ).toBe(
      'TYPE     VALUE\n\u001b[31mban    \u001b[39m  192.0.2.1\n\u001b[33mcaptcha\u001b[39m  ?[2J',
    )
  })

  it('are left out elsewhere', () => {
    vi.stubEnv('FORCE_COLOR', '0')
    expect(painted('ban')).toBe('ban')
  })
})
