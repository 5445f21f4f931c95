import { isUtf8 } from 'node:buffer'

import { decodeWindows1252 } from '../header/header-text.ts'
import { decodeForeign } from './foreign-decoder.ts'

/** Labels seen in mail that the Encoding Standard does not know. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['ansi_x3.4-1986', 'us-ascii'],
  ['iso646-us', 'us-ascii'],
  ['646', 'us-ascii'],
  ['7bit', 'us-ascii'],
  ['8bit', 'utf-8'],
  ['utf8', 'utf-8'],
  ['unicode-1-1-utf-8', 'utf-8'],
  ['utf', 'utf-8'],
  ['utf_8', 'utf-8'],
  ['utf-8mb4', 'utf-8'],
  ['cp65001', 'utf-8'],
  ['latin-1', 'iso-8859-1'],
  ['cp932', 'shift_jis'],
  ['windows-932', 'shift_jis'],
  ['cp936', 'gbk'],
  ['ms936', 'gbk'],
  ['windows-936', 'gbk'],
  ['cp949', 'euc-kr'],
  ['ms949', 'euc-kr'],
  ['cp950', 'big5'],
  ['ms950', 'big5'],
  ['eucjp', 'euc-jp'],
  ['euckr', 'euc-kr'],
  ['iso-2022-jp-ms', 'iso-2022-jp'],
  ['iso-2022-jp-1', 'iso-2022-jp'],
  ['iso-2022-jp-2', 'iso-2022-jp'],
  ['csiso2022jp', 'iso-2022-jp'],
  ['cp50220', 'iso-2022-jp'],
  ['cp50221', 'iso-2022-jp'],
  ['cp50222', 'iso-2022-jp'],
  ['jis', 'iso-2022-jp'],
  ['csiso2022kr', 'iso-2022-kr'],
  ['cp50225', 'iso-2022-kr'],
  ['hz', 'hz-gb-2312'],
  ['utf7', 'utf-7'],
  ['unicode-1-1-utf-7', 'utf-7'],
  ['csunicode11utf7', 'utf-7'],
  ['x-unicode-2-0-utf-7', 'utf-7'],
  ['cp65000', 'utf-7'],
  ['cspc8codepage437', 'cp437'],
  ['cspc850multilingual', 'cp850'],
  ['cp874', 'windows-874'],
  ['tis620', 'windows-874'],
])

export const asciiLabels: ReadonlySet<string> = new Set(['', 'us-ascii', 'ascii', 'ansi_x3.4-1968'])
export const latin1Labels: ReadonlySet<string> = new Set([
  'iso-8859-1',
  'iso8859-1',
  'latin1',
  'windows-1252',
  'cp1252',
])

export interface DecodedText {
  readonly text: string
  /** The charset is unknown, or the bytes are not valid in it. */
  readonly isEncodingProblem: boolean
}

/** Bytes of a named charset as text. Never throws: an unknown label is read as UTF-8 where valid, otherwise as windows-1252. */
export function decodeCharset(bytes: Buffer, label: string | undefined): DecodedText {
  const charset = normalLabel(label ?? '')
  if (charset === 'utf-8') {
    return { text: stripMark(bytes.toString('utf8')), isEncodingProblem: !isUtf8(bytes) }
  }
  // Unlabelled 8-bit text is a guess that UTF-8's own redundancy confirms or refutes.
  if (asciiLabels.has(charset)) return guess(bytes, !isUtf8(bytes))
  if (latin1Labels.has(charset)) {
    return { text: decodeWindows1252(bytes), isEncodingProblem: false }
  }
  const text = decodeForeign(charset, bytes)
  return text === null ? guess(bytes, true) : { text, isEncodingProblem: text.includes('\ufffd') }
}

function guess(bytes: Buffer, isEncodingProblem: boolean): DecodedText {
  const text = isUtf8(bytes) ? stripMark(bytes.toString('utf8')) : decodeWindows1252(bytes)
  return { text, isEncodingProblem }
}

export function normalLabel(label: string): string {
  if (label === 'utf-8' || label === 'us-ascii' || label === '') return label
  const plain = label
    .slice(0, 80)
    .toLowerCase()
    .replace(/[\s"']/g, '')
    // "win-1251", "cp-1252", "windows1252" are written for windows-125x
    .replace(/^(?:windows|win|cp)[-_]?(125\d|874)$/, 'windows-$1')
    .replace(/^iso[-_]?8859[-_]?(\d\d?)$/, 'iso-8859-$1')
  return aliases.get(plain) ?? plain
}

export function stripMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text
}
