import { mkdtempDisposable, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { parseIp, systemClock } from '@gatepost/core'
import { LoginKeeper, StrongLogins } from '@gatepost/security-crowdsec'
import { SmallDisk, silentLogger } from '@gatepost/testkit'
import { expect, it } from 'vitest'

it('a disk that was filled while the logins were written left half of them for the next start', async (context) => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'gatepost-'))
  using disk = SmallDisk.mount(context, folder.path, { megabytes: 2 })
  const path = join(folder.path, 'logins')
  const address = parseIp('192.0.2.1') ?? expect.unreachable()
  const save = async (user: string): Promise<string> => {
    const logins = new StrongLogins({ clock: systemClock })
    const keeper = new LoginKeeper({ path, logins, logger: silentLogger })
    await keeper.start()
    logins.note(user.repeat(100_000), address)
    await keeper[Symbol.asyncDispose]()
    return readFile(path, 'utf8')
  }
  const before = await save('a')
  disk.fill(4096)
  expect(await save('b')).toBe(before)
  expect(await readdir(folder.path)).not.toContain('logins.next')
  disk.makeRoom()
  expect((await save('c')).length).toBeGreaterThan(200_000)
})
