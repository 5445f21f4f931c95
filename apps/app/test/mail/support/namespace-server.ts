/**
 * `node namespace-server.ts ADDRESS`: the whole server in this process, asked with curl over the address and over loopback. Prints one JSON line. For a
 * network namespace of its own, where the address is one that is not loopback.
 */
import { argv, stdout } from 'node:process'

import { password, TestServer } from '../../support/test-server.ts'
import { runProgram } from './external-program.ts'

export interface NamespaceReport {
  /** Status and body of each answer. */
  readonly plainFromAfar: string
  readonly tlsFromAfar: string
  readonly plainFromHere: string
  readonly events: readonly string[]
}

const [, , address = ''] = argv

async function sessionOver(scheme: string, host: string, port: number): Promise<string> {
  const { stdout: text } = await runProgram('curl', [
    '--silent',
    '--insecure',
    '--noproxy',
    '*',
    '--user',
    `me@example.test:${password}`,
    '--write-out',
    '\n%{http_code}',
    `${scheme}://${host}:${port}/.well-known/jmap`,
  ])
  const [body = '', status = ''] = text.split('\n')
  return `${status} ${body}`
}

await using server = await TestServer.start({
  environment: {
    GATEPOST__LISTEN__HTTP__ADDRESS: '0.0.0.0:0',
    GATEPOST__LISTEN__HTTPS__ADDRESS: '0.0.0.0:0',
  },
})
const report: NamespaceReport = {
  plainFromAfar: await sessionOver('http', address, server.port('http')),
  tlsFromAfar: await sessionOver('https', address, server.port('https')),
  plainFromHere: await sessionOver('http', '127.0.0.1', server.port('http')),
  events: server.securityLines,
}
stdout.write(`${JSON.stringify(report)}\n`)
