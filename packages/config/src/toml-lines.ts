/**
 * The 1-based line where a key of a TOML document stands; of its nearest parent when the key itself is not found.
 * Knows tables, dotted keys and inline tables on one line: enough to point at the right line, which is all it is for.
 */
export function lineOfKey(toml: string, path: readonly string[]): number | undefined {
  let table: readonly string[] = []
  let best: { readonly depth: number; readonly line: number } | undefined
  for (const [index, text] of toml.split('\n').entries()) {
    const header = /^\s*\[{1,2}([^\]]+)\]{1,2}/.exec(text)
    const assignment = /^\s*([A-Za-z0-9_."'\s-]+?)\s*=/.exec(text)
    if (header !== null) table = keysOf(header[1] ?? '')
    const here =
      header === null && assignment !== null ? [...table, ...keysOf(assignment[1] ?? '')] : table
    if (header === null && assignment === null) continue
    const depth = Math.min(here.length, path.length)
    const isOnPath = path.slice(0, depth).every((key, at) => key === here[at])
    if (isOnPath && depth > (best?.depth ?? 0)) best = { depth, line: index + 1 }
  }
  return best?.line
}

function keysOf(dotted: string): string[] {
  return dotted.split('.').map((key) => key.trim().replaceAll(/^["']|["']$/g, ''))
}
