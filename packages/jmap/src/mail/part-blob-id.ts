/** A part of an email as a blob: its section and the email's id. No id of the store begins like this: those begin with a letter of their kind. */
export function partBlobId(emailId: string, section: string): string {
  return `P${section.replaceAll('.', '-')}_${emailId}`
}

export function parsePartBlobId(
  blobId: string,
): { readonly emailId: string; readonly section: string } | undefined {
  const match = /^P([1-9]\d{0,5}(?:-[1-9]\d{0,5})*)_([A-Za-z0-9_-]+)$/.exec(blobId)
  if (match === null) return undefined
  const [, section = '', emailId = ''] = match
  return { emailId, section: section.replaceAll('-', '.') }
}
