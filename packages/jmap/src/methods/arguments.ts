import type { ModSeq } from '@gatepost/core'
import { z } from 'zod'

import { isId, isIdOrReference } from '../protocol/jmap-id.ts'
import { MethodError } from '../protocol/method-error.ts'

/** RFC 8620 sections 1.2 and 1.3, as zod schemas. */
export const idSchema: z.ZodType<string> = z.string().refine(isId, 'no id')
export const idOrReferenceSchema: z.ZodType<string> = z.string().refine(isIdOrReference, 'no id')
export const unsignedIntSchema: z.ZodType<number> = z.int().min(0)
export const intSchema: z.ZodType<number> = z.int()
/** An object of anything: each entry is checked where it is used, so that one bad object does not fail the call. */
export const anyObjectSchema: z.ZodType<Record<string, unknown>> = z.custom<
  Record<string, unknown>
>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), 'no object')

/** @throws MethodError invalidArguments */
export function readArguments<T>(schema: z.ZodType<T>, args: unknown): T {
  const result = schema.safeParse(args)
  if (result.success) return result.data
  throw new MethodError('invalidArguments', describe(result.error))
}

/** The first issue, with its place: bounded, since the text comes in part from the client. */
export function describe(error: z.ZodError): string {
  const [issue] = error.issues
  if (issue === undefined) return 'Invalid arguments'
  const place = issue.path.map(String).join('/')
  return `${place === '' ? '' : `${place}: `}${issue.message}`.slice(0, 300)
}

/** A state string of ours. @throws MethodError cannotCalculateChanges */
export function readState(text: string): ModSeq {
  if (!/^(?:0|[1-9]\d{0,15})$/.test(text)) throw new MethodError('cannotCalculateChanges')
  return Number(text) as ModSeq
}
