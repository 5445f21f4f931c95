import { missing } from '@gatepost/testkit'
import { expect, it } from 'vitest'

import { TestServer } from '../support/test-server.ts'
import { clientSessions } from './client-sessions.ts'

it.for(clientSessions)('a session with $client goes both ways', async ({ lacks, run }, context) => {
  const what = await lacks()
  if (what !== null) missing(context, what)
  await using server = await TestServer.start()
  await expect(run(server)).resolves.toBeUndefined()
})
