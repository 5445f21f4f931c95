import { defineConfig } from 'vitest/config'

import { ClosingLine } from './tools/closing-line.ts'

export default defineConfig({
  test: {
    reporters: ['default', new ClosingLine()],
    // Most files wait for sockets and other programs more than they compute.
    maxWorkers: '100%',
    // For a test that hangs: none is to fail because the machine has other work.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{packages,apps}/*/src/**/*.test.ts'],
          pool: 'threads',
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: [
            '{packages,apps}/*/test/**/*.test.ts',
            'crowdsec/test/**/*.test.ts',
            'infra/test/**/*.test.ts',
          ],
          pool: 'forks',
        },
      },
    ],
  },
})
