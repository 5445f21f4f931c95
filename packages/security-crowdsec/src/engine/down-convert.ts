import { parseAllDocuments, stringify } from 'yaml'

/** An engine from 1.5 on reads the hub's files as they are; 1.4 needs them rewritten. */
export function needsDownConversion(version: string): boolean {
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(version) ?? []
  return Number(major) < 1 || (Number(major) === 1 && Number(minor) < 5)
}

const today = 'evt.Time.UTC()'
const secondsOfDay = `(${today}.Hour() * 3600 + ${today}.Minute() * 60 + ${today}.Second())`
const secondsOfTime =
  '(Atof(evt.StrTime[11:13]) * 3600 + Atof(evt.StrTime[14:16]) * 60 + Atof(evt.StrTime[17:19]))'
/** Without `now()` and arithmetic of times: `evt.Time` is when a line is read, and `evt.StrTime` in UTC, as our lines have it. */
const isOlderThanFiveMinutes = [
  `evt.StrTime < ${today}.AddDate(0, 0, -1).Format('2006-01-02T15:04:05')`,
  `(evt.StrTime < ${today}.Format('2006-01-02T15:04:05') && (evt.StrTime startsWith ${today}.Format('2006-01-02') ? 0 : 86400) + ${secondsOfDay} - ${secondsOfTime} > 300)`,
].join(' || ')

/** A parser, scenarios or profiles of a file in the dialect of 1.4.6: no UnmarshalJSON, no arithmetic with times, no durations that grow, labels are strings. */
export function downConvert(text: string): string {
  return parseAllDocuments(text)
    .map((document) => convertedItem(document.toJS() as Readonly<Record<string, unknown>>))
    .join('---\n')
}

function convertedItem(item: Readonly<Record<string, unknown>>): string {
  const { author: _, duration_expr: _grows, labels, ...rest } = item
  const converted = rewritten(rest) as object
  return stringify(isRecord(labels) ? { ...converted, labels: flatLabels(labels) } : converted, {
    lineWidth: 0,
  })
}

function rewritten(value: unknown): unknown {
  if (typeof value === 'string') return rewrittenExpression(value)
  if (Array.isArray(value)) return value.map(rewritten)
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rewritten(item)]))
}

function rewrittenExpression(text: string): string {
  return text
    .replaceAll(/ && UnmarshalJSON\([^)]*\) in \['', nil\]/g, '')
    .replace("now() - date(evt.StrTime) > duration('5m')", isOlderThanFiveMinutes)
    .replaceAll(/evt\.Unmarshaled\.gatepost\.(\w+)/g, `JsonExtract(evt.Parsed.message, '$1')`)
}

function flatLabels(labels: Readonly<Record<string, unknown>>): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const [key, value] of Object.entries(labels)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      flat[key] = `${value}`
  }
  return flat
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
