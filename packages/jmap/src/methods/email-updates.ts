import type { EmailId, MailboxId, MailOp } from '@gatepost/core'

import { BudgetExceeded } from '../budget/request-budget.ts'
import { readEmailPatch } from '../mail/email-patch.ts'
import { SetError } from '../protocol/set-error.ts'
import type { CallContext } from './call-context.ts'
import { written, type Written } from './change-all.ts'
import { existingId } from './standard-set.ts'
import { withoutUnchanged, type PatchedEmail } from './unchanged-properties.ts'

type UpdateEmail = Extract<MailOp, { op: 'updateEmail' }>
type DestroyEmail = Extract<MailOp, { op: 'destroyEmail' }>

const unitsPerPatch = 1024

interface Update extends PatchedEmail {
  readonly key: string
}

/** The updates of an Email/set, by their keys. What their emails are like now is read for all of them together. @throws MailError */
export async function readUpdates(
  update: Readonly<Record<string, unknown>>,
  context: CallContext,
): Promise<ReadonlyMap<string, Written<UpdateEmail>>> {
  const updates = new Map<string, Written<UpdateEmail>>()
  const given: Update[] = []
  for (const [key, patch] of Object.entries(update)) {
    await context.budget.work(unitsPerPatch)
    const id = context.resolveId(key)
    // Those that are not reached are over the budget.
    updates.set(key, { refused: id === undefined ? notFound() : new BudgetExceeded() })
    if (id !== undefined) given.push({ key, id: id as EmailId, patch })
  }
  try {
    for await (const [{ key, id }, patch] of withoutUnchanged(given, context))
      updates.set(
        key,
        written(() => updateOp(id, patch, context)),
      )
  } catch (error) {
    if (!(error instanceof BudgetExceeded)) throw error
  }
  return updates
}

/** `patch` undefined: the email is not there. @throws SetError */
function updateOp(emailId: EmailId, patch: unknown, context: CallContext): UpdateEmail {
  if (patch === undefined) throw notFound()
  const { keywords, mailboxIds } = readEmailPatch(patch, (id) => context.resolveId(id))
  return {
    op: 'updateEmail',
    emailId,
    ...(keywords === undefined ? {} : { keywords }),
    ...(mailboxIds === undefined
      ? {}
      : {
          mailboxIds:
            'set' in mailboxIds ? { set: mailboxIds.set as readonly MailboxId[] } : mailboxIds,
        }),
  }
}

export function readDestroys(
  destroy: readonly string[],
  context: CallContext,
): ReadonlyMap<string, Written<DestroyEmail>> {
  const read = (key: string): DestroyEmail => {
    return { op: 'destroyEmail', emailId: existingId(key, context) as EmailId }
  }
  return new Map(destroy.map((key) => [key, written(() => read(key))]))
}

function notFound(): SetError {
  return new SetError({ type: 'notFound' })
}
