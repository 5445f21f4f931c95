import { asBuffer } from '../as-buffer.ts'
import { headerFields } from './header-fields.ts'

/** RFC 5321 section 4.4: what final delivery puts first. `reversePath` is without brackets, '' for the null one. */
export function returnPathField(reversePath: string): string {
  return `Return-Path: <${reversePath}>\r\n`
}

/** What goes on to another server: the same bytes, but for a Return-Path that stands first. */
export function withoutReturnPath(content: Uint8Array): Buffer {
  const bytes = asBuffer(content)
  const [first] = headerFields(bytes, 0, bytes.length, 1)
  return first?.name.toLowerCase() === 'return-path' ? bytes.subarray(first.end) : bytes
}
