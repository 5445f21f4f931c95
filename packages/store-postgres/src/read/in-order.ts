/** What was found, in the order asked; what is not there is left out. */
export function inOrder<Id, Value>(
  asked: readonly Id[],
  found: readonly Value[],
  idOf: (value: Value) => Id,
): Value[] {
  const byId = new Map(found.map((value) => [idOf(value), value]))
  return asked.map((id) => byId.get(id)).filter((value) => value !== undefined)
}
