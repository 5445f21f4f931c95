import { weigh } from '../json/weigh.ts'
import { inForm, type HeaderProperty } from './header-form.ts'
import type { MessageSource, PartHeader } from './message-source.ts'

/** An address list takes so much more than its bytes. */
const workPerByte = 4

/**
 * RFC 8621 section 4.1.3: the last field of the name, null when there is none; with `:all` all of them. Charged, as work and as part of the answer.
 * @throws BudgetExceeded
 */
export async function headerValue(
  header: PartHeader,
  wanted: HeaderProperty,
  { budget }: MessageSource,
): Promise<unknown> {
  const fields = header.byName.get(wanted.name) ?? []
  const values: unknown[] = []
  for (const { value } of wanted.isAll ? fields : fields.slice(-1)) {
    await budget.step({ bytes: value.length * (wanted.form === 'Raw' ? 1 : workPerByte) })
    const shown = inForm(value, wanted.form)
    await weigh(shown, budget, true)
    values.push(shown)
  }
  budget.charge({ nodes: 1, answer: wanted.property.length + 8 })
  return wanted.isAll ? values : (values[0] ?? null)
}
