import { describe, expect, it } from 'vitest'

import { textLine } from './text-line.ts'

describe('textLine', () => {
  it('shows an ordinary line and a security event', () => {
    expect(
      textLine('{"level":"warn","time":"2026-01-02T03:04:05.678Z","queueId":"q1","msg":"late"}'),
    ).toBe('03:04:05 warn  late queueId=q1\n')
    expect(
      textLine(
        '{"log":"security","v":"1","time":"2026-01-02T03:04:05.678Z","event":"auth_failed","ip":"192.0.2.1"}',
      ),
    ).toBe('03:04:05 event auth_failed ip=192.0.2.1\n')
  })

  it('lets nothing that a client wrote reach the terminal as a command', () => {
    const line = JSON.stringify({
      level: 'info',
      time: '2026-01-02T03:04:05.678Z',
      reply: '\u001b[2J\r\nfake line\u009b\u202e',
      msg: 'outbound',
    })
    expect(textLine(line)).toBe(
      '03:04:05 info  outbound reply=\ufffd[2J\ufffd\ufffdfake line\ufffd\ufffd\n',
    )
  })

  it('leaves what is no JSON as it is', () => {
    expect(textLine('no json\n')).toBe('no json\n')
  })
})
