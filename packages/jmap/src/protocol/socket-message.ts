import { type ProblemError } from '@gatepost/http'

import type { JsonText } from '../json/read-json.ts'
import { jsonProblem } from './json-problem.ts'
import { requestError } from './problem.ts'
import { isObject } from './request-object.ts'

/** What a client sends over a WebSocket (RFC 8887 section 4.3). */
export type SocketMessage =
  | { readonly kind: 'request'; readonly id: string | undefined; readonly request: unknown }
  | {
      readonly kind: 'pushEnable'
      /** Null: all. */
      readonly dataTypes: readonly string[] | null
      readonly pushState: string | undefined
    }
  | { readonly kind: 'pushDisable' }
  /** RFC 8887 section 4.3.1. `id` as far as it could be read. */
  | { readonly kind: 'invalid'; readonly id: string | undefined; readonly problem: ProblemError }

const maxIdLength = 1000
const maxDataTypes = 100
/** Of a push state: the states of 257 accounts. */
const maxStateLength = 16_384

export function readSocketMessage(json: JsonText): SocketMessage {
  if (json.kind !== 'value') return invalid(jsonProblem(json))
  const { value } = json
  if (!isObject(value)) return notRequest('The message is no object')
  switch (value['@type']) {
    case 'Request':
      return readRequestMessage(value)
    case 'WebSocketPushEnable':
      return readPushEnable(value)
    case 'WebSocketPushDisable':
      return { kind: 'pushDisable' }
    default:
      return notRequest('"@type" is none that a client sends', idOf(value))
  }
}

function readRequestMessage(value: Record<string, unknown>): SocketMessage {
  const id = idOf(value)
  if (id === undefined && value['id'] !== undefined) return notRequest('"id" is no short string')
  return { kind: 'request', id, request: value }
}

// RFC 8887 section 4.3.5.2
function readPushEnable({ dataTypes, pushState }: Record<string, unknown>): SocketMessage {
  if (dataTypes !== null && !isShortList(dataTypes))
    return notRequest('"dataTypes" is neither null nor an array of names')
  if (pushState === undefined || pushState === null)
    return { kind: 'pushEnable', dataTypes, pushState: undefined }
  if (typeof pushState !== 'string' || pushState.length > maxStateLength)
    return notRequest('"pushState" is no string of ours')
  return { kind: 'pushEnable', dataTypes, pushState }
}

function isShortList(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length <= maxDataTypes &&
    value.every((name) => typeof name === 'string')
  )
}

function idOf({ id }: Record<string, unknown>): string | undefined {
  return typeof id === 'string' && id.length <= maxIdLength ? id : undefined
}

function notRequest(detail: string, id?: string): SocketMessage {
  return invalid(requestError('notRequest', detail), id)
}

function invalid(problem: ProblemError, id?: string): SocketMessage {
  return { kind: 'invalid', id, problem }
}
