import { isId } from '../protocol/jmap-id.ts'

/** Messages in one another that ids of parts lead through: more than anybody forwards. */
const maxLevels = 16
const pattern = new RegExp(
  `^P([1-9]\\d{0,5}(?:-[1-9]\\d{0,5})*)_((?:P[\\d-]+_){0,${maxLevels - 1}}[A-OQ-Za-z][A-Za-z0-9_-]*)$`,
)

/**
 * A part of a message as a blob: its section, and the id of the email or of the blob that it is in. That blob may be such a part too, an attached message that
 * Email/parse has opened: `P2_P1-3_e7` is part 2 of the message that is part 1.3 of the email e7. No id of the store begins with P.
 * Null: it lies too deep to have a name.
 */
export function partBlobId(outerId: string, section: string): string | null {
  const id = `P${section.replaceAll('.', '-')}_${outerId}`
  return parsePartBlobId(id) === undefined ? null : id
}

export function parsePartBlobId(
  blobId: string,
): { readonly outerId: string; readonly section: string } | undefined {
  const match = isId(blobId) ? pattern.exec(blobId) : null
  if (match === null) return undefined
  const [, section = '', outerId = ''] = match
  return { outerId, section: section.replaceAll('-', '.') }
}
