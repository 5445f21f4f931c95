import { formatZone, parseZone, usableZone } from '../zone-text.ts'

/** The name of a message's file: what stays the same while its flags change, and the flags. */
export interface MessageName {
  readonly base: string
  readonly flags: string
}

/** What an export calls a message. */
export interface ExportedName {
  readonly uidValidity: number
  readonly uid: number
  /** Of the time of arrival, which the file has without a zone; minutes east of UTC. */
  readonly zoneMinutes: number
}

/** The same in every run: a message that is there already is found by it. `S=` is the size, as Dovecot has it. */
export function baseName(
  { uidValidity, uid, zoneMinutes }: ExportedName,
  { receivedAt, size }: { readonly receivedAt: number; readonly size: number },
): string {
  const zone = zoneMinutes === 0 ? '' : `Z${formatZone(zoneMinutes)}`
  return `${Math.floor(receivedAt / 1000)}.V${uidValidity}U${uid}${zone}.gatepost,S=${size}`
}

/** Undefined for the file of another program. */
export function exportedName(base: string): ExportedName | undefined {
  const [, uidValidity, uid, zone = ''] =
    /^-?\d+\.V(\d+)U(\d+)(?:Z([+-]\d{4}))?\.gatepost(?:,|$)/.exec(base) ?? []
  if (uidValidity === undefined || uid === undefined) return undefined
  const zoneMinutes = usableZone(parseZone(zone) ?? 0)
  return { uidValidity: Number(uidValidity), uid: Number(uid), zoneMinutes }
}

/** https://cr.yp.to/proto/maildir.html; `;` and `!` stand for `:` where a file system has no `:`. */
export function parseMessageName(name: string): MessageName {
  const at = name.search(/[:;!]2,/)
  if (at === -1) return { base: name.replace(/:.*$/s, ''), flags: '' }
  // What comes after another comma belongs to other programs.
  const [flags = ''] = name.slice(at + 3).split(',')
  return { base: name.slice(0, at), flags }
}

/** Oldest first: by UID what was exported, the rest by the time of its delivery, with which names begin. */
export function compareMessageNames(one: string, other: string): number {
  const ours = exportedName(one)
  const others = exportedName(other)
  if (ours !== undefined && others !== undefined)
    return ours.uidValidity - others.uidValidity || ours.uid - others.uid
  if (ours !== undefined) return -1
  if (others !== undefined) return 1
  const seconds = secondsOf(one) - secondsOf(other)
  return seconds === 0 ? (one < other ? -1 : 1) : seconds
}

function secondsOf(name: string): number {
  return Number(/^\d{1,12}/.exec(name)?.[0] ?? 0)
}
