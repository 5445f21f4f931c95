import { createHash } from 'node:crypto'

const maxNameBytes = 255

/** `Work/Plans.mbox` for the mailbox Plans in Work: its messages in a file, its children in a folder of the same name. */
export function fileName(path: readonly string[]): string {
  const levels = path.map(encodeLevel)
  const name = `${levels.join('/')}.mbox`
  if (name.split('/').every((level) => Buffer.byteLength(level) <= maxNameBytes)) return name
  const hash = createHash('sha256').update(JSON.stringify(path)).digest('hex').slice(0, 32)
  return `gatepost-${hash}.mbox`
}

/** No name may hide a file, leave the folder, or be taken for a mailbox that it is not. */
function encodeLevel(level: string): string {
  return level
    .replaceAll('%', '%25')
    .replace(/^\./, '%2E')
    .replace(/\.(?=(?:mbox|sbd|msf)$)/i, '%2E')
}
