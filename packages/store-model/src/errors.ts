import { MailError, type QueueId } from '@gatepost/core'

export function storeBusy(message: string, cause?: unknown): MailError {
  return new MailError('busy', 'store.busy', message, {
    publicText: 'The store is busy, try again later',
    ...(cause === undefined ? {} : { cause }),
  })
}

export function snapshotEnded(): MailError {
  return new MailError('busy', 'store.snapshotEnded', 'the snapshot has ended', {
    publicText: 'That took too long, try again later',
  })
}

export function accountNotFound(address?: string): MailError {
  const text = address === undefined ? 'No such account' : `No account ${address}`
  return new MailError('notFound', 'account.notFound', text, { publicText: 'No such account' })
}

export function queueNotFound(id: QueueId): MailError {
  return new MailError('notFound', 'queue.notFound', `No message ${id} in the queue`)
}

export function mailboxNotFound(): MailError {
  return new MailError('notFound', 'mailbox.notFound', 'No such mailbox')
}

export function emailNotFound(): MailError {
  return new MailError('notFound', 'email.notFound', 'No such email')
}

export function quotaExceeded(): MailError {
  return new MailError('limit', 'quota.exceeded', 'The account is over its quota')
}
