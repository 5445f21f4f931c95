/** A set after a patch of RFC 8620 section 5.3: true adds, false removes. */
export function patched(
  had: readonly string[],
  patch: Readonly<Record<string, boolean>>,
): string[] {
  const result = new Set(had)
  for (const [name, isIn] of Object.entries(patch)) {
    if (isIn) result.add(name)
    else result.delete(name)
  }
  return [...result]
}
