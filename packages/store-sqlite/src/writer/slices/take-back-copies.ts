import { mailboxId } from '@gatepost/store-model'

import type { JobContext } from '../job-context.ts'
import { expunge } from '../ops/remove-emails.ts'
import type { WriterJob } from '../protocol.ts'
import {
  forgetCopies,
  lastUnfinished,
  nextUnfinished,
  type UnfinishedCopy,
} from '../unfinished-copies.ts'
import { type JobResult, statementsPerSlice } from './job-result.ts'

type TakeBackCopies = Extract<WriterJob, { kind: 'takeBackCopies' }>

const emailsPerStep = 32

/** What a COPY has left behind whose process ended in between (RFC 3501 section 6.4.7). Those that begin meanwhile stay. */
export function takeBackCopies(context: JobContext, job: TakeBackCopies): () => JobResult {
  const { sql } = context
  const end = sql.spent + statementsPerSlice
  const until = job.until ?? lastUnfinished(sql)
  for (;;) {
    const copy = nextUnfinished(sql, until)
    if (copy === undefined) return () => ({ answer: null })
    if (!removeSome(context, copy)) forgetCopies(sql, [copy.id])
    if (sql.spent >= end) return () => ({ next: { ...job, until } })
  }
}

/** False when none was left. */
function removeSome(context: JobContext, copy: UnfinishedCopy): boolean {
  const rows = context.sql.rows<readonly [uid: number]>(
    'SELECT uid FROM membership WHERE account_id = ? AND mailbox_id = ? AND uid BETWEEN ? AND ? ORDER BY uid LIMIT ?',
    copy.account_id,
    copy.mailbox_id,
    copy.first_uid,
    copy.last_uid,
    emailsPerStep,
  )
  const tx = rows.length === 0 ? undefined : context.findAccount(copy.account_id)
  if (tx === undefined) return false
  const op = { op: 'expunge', mailboxId: mailboxId(copy.mailbox_id), onlyDeleted: false } as const
  expunge(
    tx,
    op,
    rows.map(([uid]) => uid),
  )
  return true
}
