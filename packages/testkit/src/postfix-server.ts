import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { freePort } from '@gatepost/security-crowdsec/engine'
import type { TestContext } from 'vitest'

import { Maildir } from './maildir.ts'
import { missing } from './missing.ts'

/** Parameters of postconf(5). */
export type PostfixParameters = Readonly<Record<string, string>>

export interface PostfixOptions<Door extends string> {
  /** Its listeners, each with what is different there. */
  readonly doors: Readonly<Record<Door, PostfixParameters>>
  /** For all of it, beside and instead of those that it has anyway. */
  readonly main?: PostfixParameters
}

const run = promisify(execFile)
const attempts = 5
const owner = 65_534

/**
 * Debian's Postfix on loopback with configuration, queue and log in a folder of its own. Mail for any domain is filed in `mails` with no octet of it changed
 * (Postfix's own fields stand in front), unless `main` says otherwise.
 */
export class PostfixServer<Door extends string> implements AsyncDisposable {
  readonly folder: string
  readonly ports: Readonly<Record<Door, number>>
  readonly mails: Maildir

  readonly #keeper: ChildProcess

  private constructor(
    { folder, ports, mails }: Pick<PostfixServer<Door>, 'folder' | 'ports' | 'mails'>,
    keeper: ChildProcess,
  ) {
    this.folder = folder
    this.ports = ports
    this.mails = mails
    this.#keeper = keeper
  }

  /** Skips the test, or fails it where everything has to be there, when Postfix is missing or cannot run: its master wants to be root. */
  static async require(context: Pick<TestContext, 'skip'>): Promise<void> {
    if (process.getuid?.() !== 0) missing(context, 'root, for Postfix')
    try {
      await run('postconf', ['-d', 'mail_version'])
    } catch {
      missing(context, 'postfix')
    }
  }

  static async start<Door extends string>(
    options: PostfixOptions<Door>,
  ): Promise<PostfixServer<Door>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await PostfixServer.#tryStart(options)
      } catch (error) {
        // A port that was free may be taken by the time that Postfix asks for it.
        if (attempt === attempts) throw error
      }
    }
  }

  static async #tryStart<Door extends string>({
    doors,
    main = {},
  }: PostfixOptions<Door>): Promise<PostfixServer<Door>> {
    const folder = mkdtempSync(join(tmpdir(), 'gatepost-postfix-'))
    try {
      chmodSync(folder, 0o755)
      for (const name of ['etc', 'queue', 'data']) mkdirSync(join(folder, name))
      const mails = Maildir.make(join(folder, 'mails'), owner)
      const listeners: [string, number, PostfixParameters][] = []
      for (const [name, parameters] of Object.entries<PostfixParameters>(doors))
        listeners.push([name, await freePort(), parameters])
      writeFileSync(join(folder, 'etc/main.cf'), mainCf({ ...usual(folder), ...main }))
      writeFileSync(join(folder, 'etc/master.cf'), masterCf(listeners))
      const { stdout } = await run('id', ['-u', 'postfix'])
      chownSync(join(folder, 'data'), Number(stdout), 0)
      const keeper = await keep(join(folder, 'etc'))
      const ports = Object.fromEntries(listeners.map(([name, port]) => [name, port]))
      return new PostfixServer(
        { folder, ports: ports as Readonly<Record<Door, number>>, mails },
        keeper,
      )
    } catch (error) {
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#keeper, 'exit')
    this.#keeper.stdin?.end()
    await ended
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Stops Postfix, which is a daemon, when its input ends: also where this process is killed. Of a group of its own: Ctrl-C is not for it. */
const keeperScript =
  'postfix -c "$1" start >&2 && echo started && cat > /dev/null; postfix -c "$1" stop 2> /dev/null'

async function keep(configuration: string): Promise<ChildProcess> {
  const keeper = spawn('sh', ['-c', keeperScript, 'sh', configuration], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  })
  const isStarted = await Promise.race([
    once(keeper.stdout, 'data').then(() => true),
    once(keeper, 'exit').then(() => false),
  ])
  if (!isStarted) throw new Error(`postfix does not start with ${configuration}`)
  return keeper
}

function usual(folder: string): PostfixParameters {
  return {
    compatibility_level: '3.6',
    queue_directory: join(folder, 'queue'),
    data_directory: join(folder, 'data'),
    command_directory: '/usr/sbin',
    daemon_directory: '/usr/lib/postfix/sbin',
    mail_owner: 'postfix',
    setgid_group: 'postdrop',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    myhostname: 'mx.peer.example',
    mynetworks: '127.0.0.0/8',
    mydestination: '',
    local_header_rewrite_clients: '',
    smtpd_peername_lookup: 'no',
    smtpd_client_connection_count_limit: '0',
    smtpd_client_connection_rate_limit: '0',
    virtual_mailbox_domains: 'static:all',
    virtual_mailbox_base: folder,
    virtual_mailbox_maps: 'static:mails/',
    virtual_uid_maps: `static:${owner}`,
    virtual_gid_maps: `static:${owner}`,
    maillog_file: join(folder, 'postfix.log'),
    maillog_file_prefixes: folder,
  }
}

function mainCf(parameters: PostfixParameters): string {
  const lines = Object.entries(parameters).map(([name, value]) => `${name} = ${value}\n`)
  return lines.join('')
}

function masterCf(listeners: readonly (readonly [string, number, PostfixParameters])[]): string {
  const doors = listeners.map(([, port, parameters]) => {
    const own = Object.entries(parameters).map(([name, value]) => ` -o { ${name} = ${value} }`)
    return `127.0.0.1:${port} inet n - n - 100 smtpd${own.join('')}\n`
  })
  return doors.join('') + services
}

const services = `pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000 0 flush
tlsmgr unix - - n 1000 1 tlsmgr
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`
