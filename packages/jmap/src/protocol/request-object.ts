import { isId } from './jmap-id.ts'
import { limitError, requestError } from './problem.ts'

export interface Invocation {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  readonly callId: string
}

/** RFC 8620 section 3.3. */
export interface JmapRequest {
  readonly using: readonly string[]
  readonly methodCalls: readonly Invocation[]
  /** Null when the client does not ask for the ids made. */
  readonly createdIds: Readonly<Record<string, string>> | null
}

export const capabilities = {
  core: 'urn:ietf:params:jmap:core',
  mail: 'urn:ietf:params:jmap:mail',
  submission: 'urn:ietf:params:jmap:submission',
} as const

/** RFC 8887 section 3: a capability of the server, not of an account. */
export const webSocketCapability = 'urn:ietf:params:jmap:websocket'

const maxNameLength = 100
const maxCallIdLength = 1000
const maxUsing = 50

/** @throws ProblemError notRequest, unknownCapability, limit maxCallsInRequest */
export function readRequest(value: unknown, maxCallsInRequest: number): JmapRequest {
  if (!isObject(value)) throw requestError('notRequest', 'The request is no object')
  const { using, methodCalls, createdIds } = value
  if (!isStringArray(using) || using.length > maxUsing)
    throw requestError('notRequest', '"using" is no array of strings')
  const known: ReadonlySet<string> = new Set([...Object.values(capabilities), webSocketCapability])
  const unknown = using.find((capability) => !known.has(capability))
  if (unknown !== undefined)
    throw requestError('unknownCapability', `Not supported: ${unknown.slice(0, 200)}`)
  if (!Array.isArray(methodCalls)) throw requestError('notRequest', '"methodCalls" is no array')
  if (methodCalls.length > maxCallsInRequest) throw limitError('maxCallsInRequest')
  return {
    using,
    methodCalls: methodCalls.map(readInvocation),
    createdIds: readCreatedIds(createdIds),
  }
}

function readInvocation(call: unknown): Invocation {
  if (!Array.isArray(call) || call.length !== 3)
    throw requestError('notRequest', 'A method call is an array of three')
  const [name, args, callId] = call as [unknown, unknown, unknown]
  const isGood =
    typeof name === 'string' &&
    name.length <= maxNameLength &&
    isObject(args) &&
    typeof callId === 'string' &&
    callId.length <= maxCallIdLength
  if (!isGood) throw requestError('notRequest', 'A method call is [string, object, string]')
  return { name, args, callId }
}

function readCreatedIds(value: unknown): Readonly<Record<string, string>> | null {
  if (value === undefined || value === null) return null
  if (!isObject(value) || !Object.entries(value).every(([key, id]) => isId(key) && isId(id)))
    throw requestError('notRequest', '"createdIds" is no map of ids')
  return value as Record<string, string>
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isStringArray(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
