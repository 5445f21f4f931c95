import { type JsonValue, MailError, type MailOp } from '@gatepost/core'

/** Of one type in one account. */
export const maxRecords = 1_000
/** Of a body as JSON in UTF-8. */
const maxBodyBytes = 65_536
const maxLevels = 64

const typePattern = /^[A-Za-z0-9.\-_:]{1,64}$/
const idPattern = /^[\x21-\x7e]{1,255}$/

/** What is wrong with an op on a record by itself. Before the op goes anywhere: a body may be of any size and depth until then. @throws MailError see MailOp */
export function checkRecordOp(op: MailOp): void {
  if (op.op !== 'putRecord' && op.op !== 'deleteRecord') return
  checkRecordType(op.type)
  if (op.id !== null) checkRecordId(op.id)
  if (op.op === 'putRecord') checkBody(op.body)
}

/** @throws MailError invalid `record.badType` */
export function checkRecordType(type: string): void {
  if (typePattern.test(type)) return
  const text = 'A type of records has 1 to 64 characters of A-Z a-z 0-9 . - _ :'
  throw new MailError('invalid', 'record.badType', text)
}

/** @throws MailError invalid `record.badId` */
export function checkRecordId(id: string): void {
  if (isRecordId(id)) return
  const text = 'An id of a record has 1 to 255 characters of printable ASCII without the space'
  throw new MailError('invalid', 'record.badId', text)
}

/** Any other id is that of no record. */
export function isRecordId(id: string): boolean {
  return idPattern.test(id)
}

function checkBody(body: JsonValue): void {
  // First the least that it can take: what is far too large is not written as JSON to find out.
  if (!isWithin(body) || Buffer.byteLength(JSON.stringify(body)) > maxBodyBytes)
    throw new MailError(
      'limit',
      'record.tooLarge',
      `A record has ${maxBodyBytes} bytes of JSON at most, in ${maxLevels} levels at most`,
      { fields: { maxSize: maxBodyBytes } },
    )
}

function isWithin(body: JsonValue): boolean {
  const waiting: (readonly [value: unknown, level: number])[] = [[body, 1]]
  let bytes = 0
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [value, level] = next
    bytes += 1
    if (typeof value === 'string') bytes += value.length
    else if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value)
      for (const [name, inner] of entries) {
        if (!Array.isArray(value)) bytes += name.length
        waiting.push([inner, level + 1])
      }
      if (entries.length > 0 && level >= maxLevels) return false
    }
    if (bytes + waiting.length > maxBodyBytes) return false
  }
  return true
}

export function recordNotFound(): MailError {
  return new MailError('notFound', 'record.notFound', 'No such record')
}

/** @throws MailError limit `record.tooMany` when there is no room for one more */
export function checkRecordCount(count: number): void {
  if (count >= maxRecords)
    throw new MailError('limit', 'record.tooMany', `There are ${maxRecords} records of this type`)
}
