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

import { PostfixServer } from '../../packages/testkit/src/postfix-server.ts'
import type { MailServer } from './mail-server.ts'

/** Debian's Postfix with Dovecot's LMTP (sdbox, an fsync for each message), in a folder of their own. Needs root and both packages. */
export async function startPostfixDovecot(): Promise<MailServer> {
  const folder = mkdtempSync(join(tmpdir(), 'gatepost-peer-'))
  chmodSync(folder, 0o755)
  const dovecot = startDovecot(folder)
  const postfix = await PostfixServer.start({
    doors: { mx: {} },
    main: {
      virtual_mailbox_domains: 'example.test',
      virtual_mailbox_maps: 'static:all',
      virtual_transport: `lmtp:unix:${folder}/lmtp`,
      lmtp_destination_concurrency_limit: '20',
    },
  })
  const mails = join(folder, 'mail/me@example.test/mailboxes/INBOX/dbox-Mails')
  return {
    name: 'Postfix + Dovecot',
    port: postfix.ports.mx,
    delivered: () =>
      existsSync(mails) ? readdirSync(mails).filter((name) => name.startsWith('u.')).length : 0,
    async [Symbol.asyncDispose]() {
      await postfix[Symbol.asyncDispose]()
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
