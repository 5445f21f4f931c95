import { join } from 'node:path'

import { mailboxRoles } from '@gatepost/core'
import { z } from 'zod'

import type { MailFolder } from './mail-item.ts'
import { readRegularText } from './regular-file.ts'
import { replaceFile } from './replace-file.ts'

/** Beside the exported mail: what names of folders cannot say. */
const mailboxListName = 'gatepost-mailboxes.json'
const maxListBytes = 16_777_216

/** A mailbox with the name of its folder or file below the root of the export. */
export interface ListedMailbox extends MailFolder {
  readonly folder: string
}

const listSchema: z.ZodType<readonly ListedMailbox[]> = z.array(
  z.object({
    folder: z.string(),
    path: z.array(z.string()).min(1).max(50),
    role: z.enum(mailboxRoles).nullable(),
    isSubscribed: z.boolean(),
    sortOrder: z.number(),
  }),
)

export async function writeMailboxList(
  root: string,
  mailboxes: readonly ListedMailbox[],
): Promise<void> {
  await replaceFile(join(root, mailboxListName), `${JSON.stringify(mailboxes, null, 2)}\n`)
}

/** By folder; empty for mail that another program has written. */
export async function readMailboxList(root: string): Promise<ReadonlyMap<string, ListedMailbox>> {
  const text = await readRegularText(join(root, mailboxListName), maxListBytes)
  const listed = listSchema.safeParse(parseJson(text))
  return new Map((listed.data ?? []).map((mailbox) => [mailbox.folder, mailbox]))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
