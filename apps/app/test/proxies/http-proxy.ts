import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'

import { freePort } from '@gatepost/security-crowdsec/engine'

export const proxyNames = ['nginx', 'haproxy', 'apache', 'caddyfile'] as const
export type ProxyName = (typeof proxyNames)[number]

export interface HttpProxyOptions {
  /** For its files, and with `certificate.pem` and `key.pem` in it. */
  readonly folder: string
  /** Of Gatepost's listener for plain HTTP on 127.0.0.1. */
  readonly upstreamPort: number
}

/** How each of them is started with the lines that docs/deployment.md shows. `port` is where it is to listen. */
interface Recipe {
  readonly program: string
  readonly args: (folder: string) => readonly string[]
  readonly file: string
  readonly whole: (lines: string, folder: string, port: number) => string
}

const modules = [
  'mpm_event',
  'authz_core',
  'ssl',
  'socache_shmcb',
  'headers',
  'proxy',
  'proxy_http',
  'proxy_wstunnel',
]

const recipes: Readonly<Record<ProxyName, Recipe>> = {
  nginx: {
    program: 'nginx',
    file: 'nginx.conf',
    args: (folder) => ['-p', folder, '-e', 'error.log', '-c', 'nginx.conf'],
    whole: (lines, folder) => {
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      for (const name of temporary) mkdirSync(join(folder, name), { recursive: true })
      const paths = temporary.map((name) => `  ${name}_temp_path ${join(folder, name)};`)
      return [
        'daemon off;',
        'master_process off;',
        `pid ${join(folder, 'nginx.pid')};`,
        'events {}',
        'http {',
        '  access_log off;',
        ...paths,
        lines,
        '}',
      ].join('\n')
    },
  },
  haproxy: {
    program: 'haproxy',
    file: 'haproxy.cfg',
    args: (folder) => ['-db', '-q', '-f', join(folder, 'haproxy.cfg')],
    whole: (lines) => lines,
  },
  apache: {
    program: 'apache2',
    file: 'apache.conf',
    args: (folder) => ['-X', '-d', folder, '-f', join(folder, 'apache.conf')],
    whole: (lines, folder, port) =>
      [
        `DefaultRuntimeDir ${folder}`,
        `PidFile ${join(folder, 'apache.pid')}`,
        `ErrorLog ${join(folder, 'error.log')}`,
        `Listen 127.0.0.1:${port}`,
        'ServerName localhost',
        ...modules.map(
          (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`,
        ),
        lines,
      ].join('\n'),
  },
  caddyfile: {
    program: 'caddy',
    file: 'Caddyfile',
    args: (folder) => ['run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')],
    whole: (lines, folder, port) => {
      const own = `tls ${join(folder, 'certificate.pem')} ${join(folder, 'key.pem')}`
      const site = lines
        .replace('mail.example.org {', `https://:${port} {\n  bind 127.0.0.1\n  ${own}`)
        .trim()
      const options = `admin off\n  auto_https disable_redirects\n  skip_install_trust`
      return `{\n  ${options}\n}\n${site}\n`
    },
  },
}

/** Programs that have to be on the path. */
export function programOf(name: ProxyName): string {
  return recipes[name].program
}

/** A proxy of another maker on 127.0.0.1, configured by the lines of docs/deployment.md. */
export class HttpProxy implements AsyncDisposable {
  readonly port: number
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.#ended = once(child, 'close')
    this.port = port
  }

  static async start(name: ProxyName, options: HttpProxyOptions): Promise<HttpProxy> {
    const { folder, upstreamPort } = options
    const { program, args, file, whole } = recipes[name]
    const port = await freePort()
    const lines = documentedLines(name)
      .replaceAll('127.0.0.1:8080', `127.0.0.1:${upstreamPort}`)
      .replaceAll(/listen 443 ssl/g, `listen 127.0.0.1:${port} ssl`)
      .replaceAll(/bind :443/g, `bind 127.0.0.1:${port}`)
      .replaceAll(/\*:443/g, `127.0.0.1:${port}`)
      .replaceAll('/etc/haproxy/mail.example.org.pem', join(folder, 'both.pem'))
      .replaceAll('/etc/ssl/mail.example.org.pem', join(folder, 'certificate.pem'))
      .replaceAll('/etc/ssl/mail.example.org.key', join(folder, 'key.pem'))
    const parts = ['certificate.pem', 'key.pem'].map((part) => readFileSync(join(folder, part)))
    writeFileSync(join(folder, 'both.pem'), Buffer.concat(parts), { mode: 0o600 })
    writeFileSync(join(folder, file), `${whole(lines, folder, port)}\n`)
    const child = spawn(program, args(folder), {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    })
    let said = ''
    child.stderr.on('data', (data) => (said += String(data)))
    const proxy = new HttpProxy(child, port)
    while (!(await isListening(port)))
      if (child.exitCode !== null) throw new Error(`${name} ended: ${said}`)
    return proxy
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.#ended
  }
}

function documentedLines(name: ProxyName): string {
  const page = readFileSync(new URL('../../../../docs/deployment.md', import.meta.url), 'utf8')
  const lines = new RegExp(`^\`\`\`${name}\\n([^]*?)^\`\`\`$`, 'm').exec(page)?.[1]
  if (lines === undefined) throw new Error(`docs/deployment.md shows nothing for ${name}`)
  return lines
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => setImmediate(() => resolve(false)))
  })
}
