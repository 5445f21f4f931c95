import { blobId, emailId, queueId, threadId } from '@gatepost/store-model'

import type { Sql } from '../../sql.ts'
import { type EmailKey, isSqliteError, type WrongRow } from './finding.ts'
import type { AffectedEmail, Problem, ProblemPlace } from './problem.ts'

/** Emails named with one problem. */
const maxNamed = 20
/** Deeper than a mailbox can be: the way up may be a loop. */
const maxLevels = 50

interface Affected {
  readonly emails: readonly AffectedEmail[]
  readonly count: number
}

/** From keys to what people call things. What cannot be read stays a key. */
export class Names {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  problemOf(what: string, row: WrongRow): Problem {
    const affected = this.#affectedBy(row)
    return {
      what,
      where: this.#placeOf(row),
      expected: row.expected ?? 'a value',
      found: row.found ?? 'none',
      affects: affected.emails,
      affectedEmails: affected.count,
    }
  }

  #placeOf(row: WrongRow): ProblemPlace {
    const { account_id: account, mailbox_id: mailbox, blob_id: blob } = row
    return {
      ...(isKey(account) ? { account: this.#address(account) } : {}),
      ...(isKey(account) && isKey(mailbox) ? { mailbox: this.#path(account, mailbox) } : {}),
      ...(isKey(row.uid) ? { uid: row.uid } : {}),
      ...(isKey(row.email_id) ? { email: emailId(row.email_id) } : {}),
      ...(isKey(row.thread_id) ? { thread: threadId(row.thread_id) } : {}),
      ...(isKey(blob) ? { blob: blobId(this.#hash(blob)) } : {}),
      ...(isKey(row.queue_id) ? { queue: queueId(row.queue_id) } : {}),
      ...(row.table === undefined ? {} : { table: row.table }),
    }
  }

  #affectedBy(row: WrongRow): Affected {
    if (row.emails !== undefined)
      return { emails: row.emails.map((key) => this.#named(key)), count: row.emailCount ?? 0 }
    if (isKey(row.account_id) && isKey(row.email_id))
      return { emails: [this.#named({ account: row.account_id, email: row.email_id })], count: 1 }
    if (isKey(row.blob_id)) return this.#emailsOver(row.blob_id)
    return { emails: [], count: 0 }
  }

  #emailsOver(blob: number): Affected {
    const keys = this.#read(
      () =>
        this.#sql.all<EmailKey>(
          'SELECT a.id AS account, e.id AS email FROM account a JOIN email e INDEXED BY email_blob ON e.account_id = a.id AND e.blob_id = ?',
          blob,
        ),
      [],
    )
    return { emails: keys.slice(0, maxNamed).map((key) => this.#named(key)), count: keys.length }
  }

  #named({ account, email }: EmailKey): AffectedEmail {
    const row = this.#read(
      () =>
        this.#sql.get<{ mailbox_id: number }>(
          'SELECT mailbox_id FROM membership WHERE account_id = ? AND email_id = ? ORDER BY mailbox_id LIMIT 1',
          account,
          email,
        ),
      undefined,
    )
    return {
      account: this.#address(account),
      mailbox: row === undefined ? null : this.#path(account, row.mailbox_id),
      email: emailId(email),
    }
  }

  #address(account: number): string {
    const row = this.#read(
      () => this.#sql.get<{ address: string }>('SELECT address FROM account WHERE id = ?', account),
      undefined,
    )
    return row?.address ?? `a${account}`
  }

  #path(account: number, mailbox: number): string {
    const levels: string[] = []
    for (let at = mailbox; at !== 0 && levels.length < maxLevels;) {
      const id = at
      const row = this.#read(
        () =>
          this.#sql.get<{ name: string; parent_id: number }>(
            'SELECT name, parent_id FROM mailbox WHERE account_id = ? AND id = ?',
            account,
            id,
          ),
        undefined,
      )
      levels.unshift(row?.name ?? `m${id}`)
      at = row?.parent_id ?? 0
    }
    return levels.join('/')
  }

  #hash(blob: number): string {
    const row = this.#read(
      () => this.#sql.get<{ hash: string }>('SELECT hash FROM blob WHERE id = ?', blob),
      undefined,
    )
    return row?.hash ?? String(blob)
  }

  #read<T>(read: () => T, otherwise: T): T {
    try {
      return read()
    } catch (error) {
      if (isSqliteError(error)) return otherwise
      throw error
    }
  }
}

function isKey(value: number | null | undefined): value is number {
  return typeof value === 'number'
}
