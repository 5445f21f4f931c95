import pg from 'pg'

// https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_type.dat
const int8 = 20
const int8Array = 1016

/** Integers are below 2^53 everywhere here (see ModSeq): numbers, not text. */
const own: ReadonlyMap<number, (text: string) => unknown> = new Map<
  number,
  (text: string) => unknown
>([
  [int8, Number],
  [int8Array, numbersOf],
])

export const valueParsers: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    own.get(oid) ?? (pg.types.getTypeParser(oid, format) as (text: string) => unknown),
}

function numbersOf(text: string): number[] {
  return text === '{}' ? [] : text.slice(1, -1).split(',').map(Number)
}
