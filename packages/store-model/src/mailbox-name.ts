import { MailError } from '@gatepost/core'

const maxNameBytes = 255

/** One level of the hierarchy. @throws MailError invalid `mailbox.badName` */
export function checkMailboxName(name: string): void {
  const isGood =
    name !== '' &&
    name.isWellFormed() &&
    name.normalize('NFC') === name &&
    Buffer.byteLength(name) <= maxNameBytes &&
    !/[/\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(name)
  if (!isGood) throw new MailError('invalid', 'mailbox.badName', 'The mailbox name cannot be used')
}
