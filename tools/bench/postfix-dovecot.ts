import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { freePort } from '../../packages/security-crowdsec/src/engine/free-port.ts'
import type { MailServer } from './mail-server.ts'

/** Debian's Postfix with Dovecot's LMTP (sdbox, an fsync for each message), in a folder of their own. Needs root and both packages. */
export async function startPostfixDovecot(): Promise<MailServer> {
  const folder = mkdtempSync(join(tmpdir(), 'gatepost-peer-'))
  chmodSync(folder, 0o755)
  const port = await freePort()
  const dovecot = startDovecot(folder)
  startPostfix(folder, port)
  const mails = join(folder, 'mail/me@example.test/mailboxes/INBOX/dbox-Mails')
  return {
    name: 'Postfix + Dovecot',
    port,
    delivered: () =>
      existsSync(mails) ? readdirSync(mails).filter((name) => name.startsWith('u.')).length : 0,
    async [Symbol.asyncDispose]() {
      spawnSync('postfix', ['-c', join(folder, 'postfix'), 'stop'])
      dovecot.kill('SIGTERM')
      await new Promise((resolve) => dovecot.once('exit', resolve))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function startDovecot(folder: string): ChildProcess {
  const mail = join(folder, 'mail')
  mkdirSync(mail)
  const config = join(folder, 'dovecot.conf')
  writeFileSync(
    config,
    `protocols = lmtp
base_dir = ${folder}/dovecot
state_dir = ${folder}/dovecot-state
log_path = ${folder}/dovecot.log
ssl = no
first_valid_uid = 1
mail_uid = mail
mail_gid = mail
mail_location = sdbox:${mail}/%u
mail_fsync = always
passdb {
  driver = static
  args = nopassword=y
}
userdb {
  driver = static
  args = uid=mail gid=mail home=${mail}/%u
}
service lmtp {
  process_min_avail = 4
  unix_listener ${folder}/lmtp {
    mode = 0666
  }
}
`,
  )
  spawnSync('chown', ['-R', 'mail:mail', mail])
  return spawn('dovecot', ['-F', '-c', config], { stdio: 'ignore' })
}

/** A line of master.cf. */
function service(name: string, type: string, program: string, more = '- - n - -'): string {
  return `${name} ${type} ${more} ${program}\n`
}

function startPostfix(folder: string, port: number): void {
  const config = join(folder, 'postfix')
  for (const name of ['postfix', 'queue', 'data']) mkdirSync(join(folder, name))
  writeFileSync(
    join(config, 'main.cf'),
    `compatibility_level = 3.6
queue_directory = ${folder}/queue
data_directory = ${folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.bench.test
mynetworks = 127.0.0.0/8
mydestination =
virtual_mailbox_domains = example.test
virtual_mailbox_maps = static:all
virtual_transport = lmtp:unix:${folder}/lmtp
lmtp_destination_concurrency_limit = 20
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
maillog_file = ${folder}/postfix.log
maillog_file_prefixes = ${folder}
`,
  )
  writeFileSync(
    join(config, 'master.cf'),
    service(`127.0.0.1:${port}`, 'inet', 'smtpd', 'n - n - 100') +
      service('pickup', 'unix', 'pickup', 'n - n 60 1') +
      service('cleanup', 'unix', 'cleanup', 'n - n - 0') +
      service('qmgr', 'unix', 'qmgr', 'n - n 300 1') +
      service('rewrite', 'unix', 'trivial-rewrite') +
      service('bounce', 'unix', 'bounce', '- - n - 0') +
      service('defer', 'unix', 'bounce', '- - n - 0') +
      service('trace', 'unix', 'bounce', '- - n - 0') +
      service('verify', 'unix', 'verify', '- - n - 1') +
      service('flush', 'unix', 'flush', 'n - n 1000 0') +
      service('proxymap', 'unix', 'proxymap') +
      service('proxywrite', 'unix', 'proxymap', '- - n - 1') +
      service('relay', 'unix', 'smtp') +
      service('smtp', 'unix', 'smtp') +
      service('error', 'unix', 'error') +
      service('retry', 'unix', 'error') +
      service('discard', 'unix', 'discard') +
      service('lmtp', 'unix', 'lmtp') +
      service('anvil', 'unix', 'anvil', '- - n - 1') +
      service('scache', 'unix', 'scache', '- - n - 1') +
      service('postlog', 'unix-dgram', 'postlogd', 'n - n - 1'),
  )
  spawnSync('chown', ['postfix', join(folder, 'data')])
  const started = spawnSync('postfix', ['-c', config, 'start'], { encoding: 'utf8' })
  if (started.status !== 0) throw new Error(`postfix does not start: ${started.stderr}`)
}
