import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { gunzipSync } from 'node:zlib'

import { makeSelfSignedCertificate } from '@gatepost/gate'
import { PrometheusMetrics } from '@gatepost/telemetry'
import { afterEach, beforeEach, expect, it } from 'vitest'

import { readConfig } from '../../src/config/read-config.ts'
import { openLogOutput } from '../../src/server/log-output.ts'

let folder: string
let resources: AsyncDisposableStack
beforeEach(() => {
  resources = new AsyncDisposableStack()
  folder = mkdtempSync(join(tmpdir(), 'gatepost-output-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
})
afterEach(() => resources.disposeAsync())

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text)
}
function configured(text: string): ReturnType<typeof openLogOutput> {
  write('gatepost.toml', text)
  const { config } = readConfig(join(folder, 'gatepost.toml'), {})
  return openLogOutput(config.log, config.log.security_file, new PrometheusMetrics())
}
const event = '{"log":"security","v":"1","event":"auth_failed"}\n'

it('security events go to the file that is configured, which is kept small', async () => {
  const output = configured(`
    [log]
    security_file = "log/events.ndjson"
    security_file_mb = 0.0001
    security_files_kept = 1
  `)
  for (let count = 0; count < 3; count += 1) output.security.write(event)
  output.log.write('{"level":"info","msg":"not this one"}\n')
  await output[Symbol.asyncDispose]()
  expect(readFileSync(join(folder, 'log/events.ndjson'), 'utf8')).toMatch(
    /^(?:{"log":"security".*\n)+$/,
  )
})

it('and over HTTPS to the engine, which knows us by our certificate and our header', async () => {
  const [theirs, ours] = await Promise.all(
    ['localhost', 'gatepost'].map((name) => makeSelfSignedCertificate([name], Date.now())),
  )
  if (theirs === undefined || ours === undefined) throw new Error('no certificates')
  const seen: string[] = []
  const server = createServer(
    {
      cert: theirs.certificate,
      key: theirs.key,
      requestCert: true,
      // Ours is for servers: the test looks at it itself.
      rejectUnauthorized: false,
    },
    (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const { fingerprint256 } = (request.socket as TLSSocket).getPeerCertificate()
        const isKnown = fingerprint256 === new X509Certificate(ours.certificate).fingerprint256
        seen.push(
          `${isKnown} ${request.headers.authorization} ${gunzipSync(Buffer.concat(chunks)).toString()}`,
        )
        response.end()
      })
    },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  resources.defer(() => {
    server.close()
  })
  write('ca.pem', theirs.certificate)
  write('our.pem', ours.certificate)
  write('our.key', ours.key)
  write('header', 'Bearer secret\n')
  const output = configured(`
    [log.security_http]
    url = "https://localhost:${(server.address() as AddressInfo).port}/gatepost"
    authorization_file = "header"
    ca = "ca.pem"
    certificate = "our.pem"
    key = "our.key"
  `)
  output.security.write(event)
  await output[Symbol.asyncDispose]()
  expect(seen).toEqual([`true Bearer secret ${event}`])
})
