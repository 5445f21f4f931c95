import { inForm, type HeaderProperty } from './header-form.ts'
import type { HeaderView } from './message-source.ts'

/** RFC 8621 section 4.1.3: the last field of the name, null when there is none; with `:all` all of them. */
export function headerValue(headers: readonly HeaderView[], wanted: HeaderProperty): unknown {
  const values = headers.filter(({ name }) => name.toLowerCase() === wanted.name)
  if (wanted.isAll) return values.map(({ value }) => inForm(value, wanted.form))
  const last = values.at(-1)
  return last === undefined ? null : inForm(last.value, wanted.form)
}
