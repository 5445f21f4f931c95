const hidden = new Set(['level', 'time', 'msg', 'log', 'v', 'event', 'err'])

/** A JSON log line for a person at a terminal: `12:34:56 warn  message key=value`. What is no JSON stays as it is. */
export function textLine(line: string): string {
  const fields = parse(line)
  if (fields === undefined) return line
  const isSecurity = fields['log'] === 'security'
  const level = isSecurity ? 'event' : String(fields['level'])
  const message = isSecurity ? String(fields['event']) : String(fields['msg'])
  const time = String(fields['time']).slice(11, 19)
  const rest = Object.entries(fields)
    .filter(([key]) => !hidden.has(key))
    .map(([key, value]) => `${key}=${shown(value)}`)
  return `${time} ${level.padEnd(5)} ${message}${rest.length === 0 ? '' : ` ${rest.join(' ')}`}${stackOf(fields['err'])}\n`
}

// A client's words must not move the cursor, colour the terminal or turn the line round.
const unsafe = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.replaceAll(unsafe, '\ufffd')
}

function stackOf(error: unknown): string {
  const stack = isRecord(error) ? error['stack'] : undefined
  return typeof stack === 'string' ? `\n${stack}` : ''
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
