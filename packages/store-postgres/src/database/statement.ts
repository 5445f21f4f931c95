/** A prepared statement: each connection prepares it once, under its name. */
export interface Statement {
  readonly name: string
  readonly text: string
}

export type Statements<Name extends string> = Readonly<Record<Name, Statement>>

/** Statements of one subject; their names begin with it. */
export function statements<Name extends string>(
  subject: string,
  texts: Readonly<Record<Name, string>>,
): Statements<Name> {
  const entries = Object.entries<string>(texts).map(([name, text]) => [
    name,
    { name: `${subject}.${name}`, text },
  ])
  return Object.fromEntries(entries) as Statements<Name>
}
