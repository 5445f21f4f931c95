import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

import { password, type TestServer } from '../support/test-server.ts'
import { Marionette } from './marionette.ts'
import { thunderbirdSettings } from './thunderbird-settings.ts'

/** Thunderbird without a screen, with a new profile in which me@example.test is set up. Disposing it ends the program. */
export class ThunderbirdProgram implements AsyncDisposable {
  readonly #marionette: Marionette
  readonly #process: ChildProcess

  private constructor(marionette: Marionette, child: ChildProcess) {
    this.#marionette = marionette
    this.#process = child
  }

  /** @throws Error when it does not start */
  static async start(server: TestServer): Promise<ThunderbirdProgram> {
    const profile = join(server.folder, 'thunderbird')
    mkdirSync(profile)
    writeFileSync(join(profile, 'user.js'), thunderbirdSettings(server))
    const flags = ['--headless', '--no-remote', '--marionette', '--remote-allow-system-access']
    const child = spawn('thunderbird', [...flags, '--profile', profile], {
      env: { ...process.env, HOME: server.folder },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    try {
      const marionette = await Marionette.open(await marionettePort(child.stdout))
      const program = new ThunderbirdProgram(marionette, child)
      const ports = [server.port('imaps'), server.port('submissions')]
      await program.run(prepare, certificateBody(server), ports, password)
      return program
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
  }

  /** Runs the body of an async function in it; see Marionette.run. */
  run(body: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.#marionette.run(`${prelude}${body}`, ...args)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#marionette[Symbol.dispose]()
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exited = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exited
  }
}

/** What every script has; it waits where the program has no event that tells. */
const prelude = `
  const { MailServices } = ChromeUtils.importESModule('resource:///modules/MailServices.sys.mjs')
  const server = MailServices.accounts.getAccount('account1').incomingServer
  const folder = (name) =>
    MailServices.folderLookup.getFolderForURL(\`imap://me%40example.test@127.0.0.1/\${name}\`)
  const until = async (what, isSo) => {
    for (let tries = 0; tries < 200; tries += 1) {
      const value = await isSo()
      if (value) return value
      await new Promise((resolve) => window.setTimeout(resolve, 50))
    }
    throw new Error('it waits in vain for ' + what)
  }
  // It is not there for a moment while the program lists the mailboxes.
  const inbox = await until('the inbox', () => folder('INBOX')?.QueryInterface(Ci.nsIMsgImapMailFolder))
  const ended = (begin) => new Promise((resolve, reject) => begin({
    QueryInterface: ChromeUtils.generateQI(['nsIUrlListener']),
    OnStartRunningUrl() {},
    OnStopRunningUrl(url, status) {
      if (Components.isSuccessCode(status)) resolve()
      else reject(new Error('status ' + status.toString(16)))
    },
  }))
`

/** Lets it trust the server's certificate and know the password; then it looks for mail and mailboxes. */
const prepare = `
  const [certificate, ports, password] = args
  const certificates = Cc['@mozilla.org/security/x509certdb;1'].getService(Ci.nsIX509CertDB)
  const overrides = Cc['@mozilla.org/security/certoverride;1'].getService(Ci.nsICertOverrideService)
  const trusted = certificates.constructX509FromBase64(certificate)
  for (const port of ports)
    overrides.rememberValidityOverride('127.0.0.1', port, {}, trusted, true)
  for (const origin of ['imap://127.0.0.1', 'smtp://127.0.0.1']) {
    const login = Cc['@mozilla.org/login-manager/loginInfo;1'].createInstance(Ci.nsILoginInfo)
    login.init(origin, null, origin, 'me@example.test', password, '', '')
    await Services.logins.addLoginAsync(login)
  }
  await ended((listener) => inbox.updateFolderWithListener(null, listener))
  await until('the mailboxes', () => folder('INBOX') && folder('Sent'))
`

function certificateBody(server: TestServer): string {
  return server.certificate.replaceAll(/-----[^-]+-----|\s/g, '')
}

/** It says on its standard output which port it took. */
async function marionettePort(output: Readable): Promise<number> {
  for await (const line of createInterface(output)) {
    const port = /Listening on port (\d+)/.exec(line)?.[1]
    if (port === undefined) continue
    output.resume()
    return Number(port)
  }
  throw new Error('thunderbird ended before it listened')
}
