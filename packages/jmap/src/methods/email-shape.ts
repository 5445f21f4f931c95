import { z } from 'zod'

import { unsignedIntSchema } from './arguments.ts'
import { getShape } from './standard-get.ts'

/** What Email/get and Email/parse let a client choose of each Email (RFC 8621 sections 4.2 and 4.9). */
export const emailShape: {
  readonly properties: typeof getShape.properties
  readonly bodyProperties: typeof getShape.properties
  readonly fetchTextBodyValues: z.ZodOptional<z.ZodBoolean>
  readonly fetchHTMLBodyValues: z.ZodOptional<z.ZodBoolean>
  readonly fetchAllBodyValues: z.ZodOptional<z.ZodBoolean>
  readonly maxBodyValueBytes: z.ZodOptional<z.ZodType<number>>
} = {
  properties: getShape.properties,
  bodyProperties: z.array(z.string().max(1000)).max(100).nullish(),
  fetchTextBodyValues: z.boolean().optional(),
  fetchHTMLBodyValues: z.boolean().optional(),
  fetchAllBodyValues: z.boolean().optional(),
  maxBodyValueBytes: unsignedIntSchema.optional(),
}
