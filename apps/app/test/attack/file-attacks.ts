import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { outcomeOf, type Attack } from './attack.ts'
import { bystander } from './cast.ts'
import { JmapUser } from './jmap-user.ts'

const secret = 'only root may read this'

function fifo(path: string): void {
  execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', path])
}

/** A folder that its owner has prepared for the one who imports it. */
const hostileMaildir: Attack = {
  name: 'hostile-maildir',
  section: '3',
  async run(stage) {
    const account = await stage.newAccount()
    const [root, outside] = [join(stage.folder, `theirs-${account}`), join(stage.folder, 'outside')]
    for (const folder of ['cur', 'new', 'tmp']) {
      mkdirSync(join(root, folder), { recursive: true })
      mkdirSync(join(outside, folder), { recursive: true })
    }
    writeFileSync(join(outside, 'secret'), `Subject: ${secret}\n\n${secret}\n`)
    writeFileSync(join(outside, 'cur/1.host'), `Subject: ${secret}\n\n${secret}\n`)
    writeFileSync(join(root, 'cur/1.host:2,S'), 'Subject: mine\n\nx\n')
    symlinkSync(join(outside, 'secret'), join(root, 'cur/2.host:2,S'))
    symlinkSync(outside, join(root, '.Linked'))
    fifo(join(root, 'cur/3.host:2,S'))
    fifo(join(root, 'new/4.host'))
    const { out, error } = await stage.command('store', 'import', account, '--maildir', root)
    const user = await JmapUser.open(stage, stage.network()(66), account)
    const [, { ids }] = await user.call('Email/query', {})
    const [, { list }] = await user.call('Email/get', { ids, properties: ['subject'] })
    const subjects = (list as readonly { readonly subject: string }[]).map(({ subject }) => subject)
    return outcomeOf(
      {
        'the mail of the folder is there': subjects.join(' ') === 'mine',
        'what was left out is told': (out + error).includes('2.host'),
      },
      { mails: subjects.length },
    )
  },
}

/** A backup that somebody else has had in his hands. */
const craftedBackup: Attack = {
  name: 'crafted-backup',
  section: '3',
  async run(stage) {
    const file = join(stage.folder, `crafted-${Math.random()}.backup`)
    const { code } = await stage.command('store', 'backup', file)
    const sound = `${file}.sound`
    copyFileSync(file, sound)
    const db = new DatabaseSync(file)
    db.exec(
      `CREATE TRIGGER evil AFTER UPDATE ON account BEGIN UPDATE account SET address = 'evil@example.test'; END`,
    )
    db.close()
    const pipe = `${file}.fifo`
    fifo(pipe)
    const target = join(stage.folder, 'restored.toml')
    writeFileSync(target, 'data = "restored"\n')
    const results: string[] = []
    for (const crafted of [file, pipe, sound]) {
      const result = await stage.command('store', 'restore', crafted, '--config', target)
      results.push(result.code === 0 ? 'restored' : 'refused')
    }
    const user = await JmapUser.open(stage, stage.network()(66), bystander)
    return outcomeOf(
      {
        'a schema that is not ours, and a FIFO, are refused; what we wrote is not':
          code === 0 && results.join(' ') === 'refused refused restored',
        'the server goes on': user.accountId !== '',
      },
      { results: results.join(' ') },
    )
  },
}

export const fileAttacks: readonly Attack[] = [hostileMaildir, craftedBackup]
