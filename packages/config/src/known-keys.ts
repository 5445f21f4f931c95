import type { z } from 'zod'

interface SchemaDefinition {
  readonly shape?: Readonly<Record<string, z.ZodType>>
  readonly innerType?: z.ZodType
  readonly in?: z.ZodType
  readonly valueType?: z.ZodType
}

/** The keys that a schema knows at a path; empty where it is no object. Looks through defaults, optionals and transforms. */
export function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let current: z.ZodType | undefined = schema
  for (const key of path) current = childOf(current, String(key))
  return Object.keys(shapeOf(current) ?? {})
}

function childOf(schema: z.ZodType | undefined, key: string): z.ZodType | undefined {
  const definition = unwrapped(schema)
  return definition?.shape?.[key] ?? definition?.valueType
}

function shapeOf(schema: z.ZodType | undefined): Readonly<Record<string, z.ZodType>> | undefined {
  return unwrapped(schema)?.shape
}

function unwrapped(schema: z.ZodType | undefined): SchemaDefinition | undefined {
  let definition = schema?.def as SchemaDefinition | undefined
  for (;;) {
    const inner: z.ZodType | undefined = definition?.innerType ?? definition?.in
    if (inner === undefined) return definition
    definition = inner.def as SchemaDefinition
  }
}
