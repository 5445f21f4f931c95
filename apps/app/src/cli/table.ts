import { painted } from './painted.ts'

/** Rows as aligned columns, or a line that says there are none. Control characters of foreign text are shown as `?`. */
export function table(
  rows: readonly Readonly<Record<string, string | number>>[],
  none: string,
): string {
  const [first] = rows
  if (first === undefined) return none
  const columns = Object.keys(first)
  const cells = [
    columns.map((name) => name.toUpperCase()),
    ...rows.map((row) => columns.map((name) => printable(String(row[name] ?? '')))),
  ]
  const widths = columns.map((_, column) =>
    Math.max(...cells.map((line) => line[column]?.length ?? 0)),
  )
  return cells
    .map((line) =>
      line
        .map((cell, column) => painted(cell, cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '?')
}
