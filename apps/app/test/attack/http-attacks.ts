import { LineClient } from '@gatepost/testkit'

import type { AttackStage } from './attack-stage.ts'
import { outcomeOf, type Attack } from './attack.ts'
import { becomes } from './eventually.ts'
import { JmapUser } from './jmap-user.ts'

const secrets = ['/metrics', '/crowdsec/decisions', '/crowdsec/status', '/readyz'] as const
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/** A request as a browser is made to send it: the status. */
async function statusOf(
  stage: AttackStage,
  listener: 'admin' | 'http',
  lines: readonly string[],
): Promise<number> {
  using client = new LineClient({ port: stage.port(listener) })
  client.send([...lines, 'Connection: close', '', ''].join('\r\n'))
  return Number((await client.line())?.split(' ')[1])
}

const rebinding: Attack = {
  name: 'dns-rebinding',
  section: '3',
  async run(stage) {
    const statuses: number[] = []
    for (const path of secrets)
      statuses.push(
        await statusOf(stage, 'admin', [`GET ${path} HTTP/1.1`, 'Host: rebound.example:8081']),
      )
    statuses.push(
      await statusOf(stage, 'http', ['GET /.well-known/jmap HTTP/1.1', 'Host: rebound.example']),
    )
    const own = await statusOf(stage, 'admin', ['GET /metrics HTTP/1.1', 'Host: 127.0.0.1'])
    return outcomeOf(
      {
        'a foreign name is misdirected': statuses.every((status) => status === 421),
        'our own is served': own === 200,
      },
      { refused: statuses.length },
    )
  },
}

const foreignPages: Attack = {
  name: 'foreign-pages',
  section: '3',
  async run(stage) {
    const statuses: number[] = []
    for (const method of methods) {
      const of = (path: string): string[] => [
        `${method} ${path} HTTP/1.1`,
        'Host: 127.0.0.1',
        'Origin: https://evil.example',
        'Content-Length: 0',
      ]
      for (const path of secrets) statuses.push(await statusOf(stage, 'admin', of(path)))
      statuses.push(await statusOf(stage, 'http', of('/jmap/api')))
    }
    const twoHosts: number[] = []
    for (const [listener, path] of [
      ['admin', '/metrics'],
      ['http', '/jmap/session'],
    ] as const)
      twoHosts.push(
        await statusOf(stage, listener, [
          `GET ${path} HTTP/1.1`,
          'Host: 127.0.0.1',
          'Host: evil.example',
        ]),
      )
    return outcomeOf(
      {
        'a foreign page is refused, whatever the method': statuses.every(
          (status) => status === 403,
        ),
        'two Host fields are a bad request': twoHosts.every((status) => status === 400),
      },
      {
        requests: statuses.length,
        statuses: [...new Set(statuses)].join(' '),
        two_hosts: twoHosts.join(' '),
      },
    )
  },
}

const postingScanner: Attack = {
  name: 'scanner-that-posts',
  section: '3',
  async run(stage) {
    const from = stage.network()(66)
    const statuses: number[] = []
    for (let count = 0; count < 12; count += 1)
      statuses.push(
        (
          await stage.http({
            method: 'POST',
            path: `/${count}/login.php`,
            headers: { 'content-type': 'application/json' },
            body: '{"broken":',
            from,
          })
        ).status,
      )
    const wanted = { event: 'jmap_abuse', kind: 'path_scan', ip: from }
    const isTold = await becomes(() => stage.events.count(wanted) === statuses.length)
    return outcomeOf(
      { 'nothing is there': statuses.every((status) => status === 404), 'each is told': isTold },
      { requests: statuses.length, events: stage.events.count(wanted) },
    )
  },
}

const uploadOverQuota: Attack = {
  name: 'upload-over-quota',
  section: '3',
  async run(stage) {
    const account = await stage.newAccount()
    await stage.command('account', 'quota', account, '--bytes', '1000')
    const user = await JmapUser.open(stage, stage.network()(66), account)
    const { status, text } = await user.upload('x'.repeat(50_000), 'application/octet-stream')
    return outcomeOf(
      {
        'it is told in the words of JMAP': status === 507 && text.includes('overQuota'),
        'without a stack': !/\bat .*\.ts|stack/.test(text),
        'and is no failure of the server': !stage.server.stdout.includes('"level":"error"'),
      },
      { status },
    )
  },
}

export const httpAttacks: readonly Attack[] = [
  rebinding,
  foreignPages,
  postingScanner,
  uploadOverQuota,
]
