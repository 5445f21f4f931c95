import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { ImapFlow } from 'imapflow'

const user = 'old@example.test'
const password = 'old password'
/** Debian's `nobody`: Dovecot serves no mail as root. */
const nobody = 65_534
const attempts = 5

export interface DovecotPorts {
  readonly plain: number
  readonly tls: number
}

/** Dovecot 2.3 on loopback, unprivileged, with a folder and one user of its own. */
export class DovecotServer implements AsyncDisposable {
  readonly ports: DovecotPorts
  readonly user: string = user
  readonly password: string = password
  readonly folder: string
  readonly #child: ChildProcess
  readonly #damaged: string[] = []

  private constructor(folder: string, ports: DovecotPorts, child: ChildProcess) {
    this.folder = folder
    this.ports = ports
    this.#child = child
  }

  /** `certificate`, `key`: in PEM. `separator`: of levels; `prefix`: in front of every name but INBOX; `timeZone`: as TZ has it (POSIX). */
  static async start(options: {
    readonly certificate: string
    readonly key: string
    readonly separator?: string
    readonly prefix?: string
    readonly timeZone?: string
  }): Promise<DovecotServer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await DovecotServer.#tryStart(options)
      } catch (error) {
        // A port that was free may be taken by the time that Dovecot asks for it.
        if (attempt === attempts) throw error
      }
    }
  }

  static async #tryStart(
    options: Parameters<typeof DovecotServer.start>[0],
  ): Promise<DovecotServer> {
    const folder = mkdtempSync(join(tmpdir(), 'gatepost-dovecot-'))
    const ports = { plain: await freePort(), tls: await freePort() }
    const isRoot = process.getuid?.() === 0
    const owner = isRoot ? 'nobody' : execFileSync('id', ['-un'], { encoding: 'utf8' }).trim()
    const group = isRoot ? 'nogroup' : execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim()
    const files = {
      'dovecot.conf': configuration(folder, ports, { ...options, owner, group }),
      users: `${user}:{PLAIN}${password}\n`,
      'certificate.pem': options.certificate,
      'key.pem': options.key,
    }
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(folder, name), text, { mode: 0o600 })
    for (const name of ['run', 'mail']) mkdirSync(join(folder, name))
    if (isRoot)
      for (const name of ['', 'run', 'mail', ...Object.keys(files)])
        chownSync(join(folder, name), nobody, nobody)
    const child = spawn('dovecot', ['-F', '-c', join(folder, 'dovecot.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, TZ: options.timeZone ?? 'UTC' },
      ...(isRoot ? { uid: nobody, gid: nobody } : {}),
    })
    try {
      await started(child)
      return new DovecotServer(folder, ports, child)
    } catch (error) {
      child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }

  /** Logged in without encryption. */
  async connect(): Promise<ImapFlow> {
    const flow = new ImapFlow({
      host: '127.0.0.1',
      port: this.ports.plain,
      secure: false,
      doSTARTTLS: false,
      auth: { user, pass: password },
      logger: false,
    })
    await flow.connect()
    return flow
  }

  /** Makes the message with this text one that the server cannot read. */
  damage(text: string): void {
    const inbox = join(this.folder, 'mail')
    for (const name of readdirSync(inbox, { recursive: true, encoding: 'utf8' })) {
      const file = join(inbox, name)
      if (statSync(file).isFile() && readFileSync(file, 'utf8').includes(text)) {
        chmodSync(file, 0)
        this.#damaged.push(file)
      }
    }
  }

  repair(): void {
    for (const file of this.#damaged) chmodSync(file, 0o600)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) {
      const ended = new Promise((resolve) => this.#child.once('exit', resolve))
      this.#child.kill('SIGTERM')
      await ended
    }
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function started(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const lines: string[] = []
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`dovecot ended (${code}): ${lines.join('\n')}`)))
    if (child.stderr === null) return
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line)
      if (line.includes('starting up')) resolve()
    })
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

function configuration(
  folder: string,
  ports: DovecotPorts,
  {
    owner,
    group,
    separator = '/',
    prefix = '',
  }: {
    readonly owner: string
    readonly group: string
    readonly separator?: string
    readonly prefix?: string
  },
): string {
  return `base_dir = ${folder}/run
state_dir = ${folder}/run
log_path = /dev/stderr
listen = 127.0.0.1
protocols = imap
default_internal_user = ${owner}
default_internal_group = ${group}
default_login_user = ${owner}
disable_plaintext_auth = no
auth_mechanisms = plain
ssl = yes
ssl_cert = <${folder}/certificate.pem
ssl_key = <${folder}/key.pem
mail_location = maildir:${folder}/mail:LAYOUT=fs
first_valid_uid = 1
mail_max_userip_connections = 100
passdb {
  driver = passwd-file
  args = ${folder}/users
}
userdb {
  driver = static
  args = uid=${owner} gid=${group} home=${folder}/mail
}
namespace inbox {
  inbox = yes
  separator = ${separator}
  prefix = ${prefix}
  mailbox "Gesendete Post" {
    auto = subscribe
    special_use = \\Sent
  }
}
service anvil {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${ports.plain}
  }
  inet_listener imaps {
    port = ${ports.tls}
    ssl = yes
  }
}
service stats {
  chroot =
}
`
}
