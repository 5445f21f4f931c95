import { isId } from '../protocol/jmap-id.ts'
import { unescapeToken } from '../protocol/json-pointer.ts'
import { isObject } from '../protocol/request-object.ts'
import { invalidProperties, SetError } from '../protocol/set-error.ts'
import { isKeyword } from './keyword.ts'

type Changes<Id extends string> =
  | { readonly set: readonly Id[] }
  | { readonly patch: Readonly<Record<string, boolean>> }

export interface EmailPatch {
  readonly keywords?: Changes<string>
  readonly mailboxIds?: Changes<string>
}

const maxKeywords = 100

/** What of an Email can be changed (RFC 8621 section 4.6). @throws SetError invalidPatch, invalidProperties, tooManyKeywords */
export function readEmailPatch(
  patch: unknown,
  resolveId: (idOrReference: string) => string | undefined,
): EmailPatch {
  if (!isObject(patch)) throw new SetError({ type: 'invalidPatch' })
  const keywords = changesOf(patch, 'keywords', readKeyword)
  const mailboxIds = changesOf(patch, 'mailboxIds', (key) => {
    const id = resolveId(key)
    return id !== undefined && isId(id) ? id : undefined
  })
  const other = Object.keys(patch).filter((path) => !/^(?:keywords|mailboxIds)(?:\/|$)/.test(path))
  if (other.length > 0)
    throw invalidProperties(
      other.slice(0, 50).map((path) => path.slice(0, 200)),
      'Only keywords and mailboxIds can be changed',
    )
  return {
    ...(keywords === undefined ? {} : { keywords }),
    ...(mailboxIds === undefined ? {} : { mailboxIds }),
  }
}

/** Keywords as a create or import gives them: `{"$seen": true}`. */
export function readKeywordSet(value: unknown): string[] {
  return namesOf(value, 'keywords', readKeyword)
}

/** Lower case (RFC 8621 section 4.1.1). */
function readKeyword(key: string): string | undefined {
  return isKeyword(key) ? key.toLowerCase() : undefined
}

type ReadName = (key: string) => string | undefined

function changesOf(
  patch: Readonly<Record<string, unknown>>,
  property: 'keywords' | 'mailboxIds',
  read: ReadName,
): Changes<string> | undefined {
  const prefix = `${property}/`
  const paths = Object.entries(patch).filter(([path]) => path.startsWith(prefix))
  if (Object.hasOwn(patch, property)) {
    // RFC 8620 section 5.3: no pointer may be the prefix of another.
    if (paths.length > 0) throw new SetError({ type: 'invalidPatch', properties: [property] })
    return { set: namesOf(patch[property], property, read) }
  }
  if (paths.length === 0) return undefined
  if (paths.length > maxKeywords) throw tooMany(property)
  const changes: [string, boolean][] = paths.map(([path, value]) => {
    const token = path.slice(prefix.length)
    const name = token.includes('/') ? undefined : read(unescapeToken(token))
    if (name === undefined) throw invalidProperties([path.slice(0, 300)], 'No such name')
    // RFC 8620 section 5.3 has null for what is taken away; clients send false as well.
    if (typeof value !== 'boolean' && value !== null)
      throw invalidProperties([path.slice(0, 300)], 'true or null')
    return [name, value === true]
  })
  return { patch: Object.fromEntries(changes) }
}

function namesOf(value: unknown, property: 'keywords' | 'mailboxIds', read: ReadName): string[] {
  if (!isObject(value)) throw invalidProperties([property], 'An object of names')
  const entries = Object.entries(value)
  if (entries.length > maxKeywords) throw tooMany(property)
  const names = entries.map(([key, isThere]) => {
    const name = isThere === true ? read(key) : undefined
    if (name === undefined)
      throw invalidProperties([`${property}/${key.slice(0, 300)}`], 'No such name')
    return name
  })
  return [...new Set(names)]
}

function tooMany(property: 'keywords' | 'mailboxIds'): SetError {
  return new SetError({ type: property === 'keywords' ? 'tooManyKeywords' : 'tooManyMailboxes' })
}
