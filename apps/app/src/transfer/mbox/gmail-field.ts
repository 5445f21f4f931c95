import { decodeWords, unfold } from '@gatepost/mime'

import { type GmailLabels, readGmailLabels } from '../gmail-labels.ts'

const maxValueLength = 65_536

/** `value`: of the header field X-Gmail-Labels, one character for each byte. */
export function parseGmailLabels(value: string): GmailLabels {
  const text = decodeWords(unfold(utf8(value.slice(0, maxValueLength))).trim())
  const labels = readGmailLabels(splitLabels(text))
  return labels.isUnread ? labels : { ...labels, keywords: [...labels.keywords, '$seen'] }
}

/** Separated by commas; a label with a comma in it is between quotation marks. */
function splitLabels(text: string): string[] {
  return Array.from(text.matchAll(/\s*(?:"((?:[^"\\]|\\.)*)"\s*(?=,|$)|([^,]*))(?:,|$)/g))
    .map(([, quoted, plain = '']) =>
      (quoted?.replaceAll(/\\(.)/g, '$1') ?? plain).normalize('NFC').trim(),
    )
    .filter((label) => label !== '')
}

function utf8(value: string): string {
  return Buffer.from(value, 'latin1').toString('utf8')
}
