/** More than any thread names; a References field longer than this is cut. */
const maxIds = 1_000

/** The ids of Message-ID, In-Reply-To or References, without angle brackets (RFC 5322 section 3.6.4). Bare ids without brackets are taken when there is none with them. */
export function parseMessageIds(text: string): string[] {
  const ids: string[] = []
  let open = -1
  for (let pos = 0; pos < text.length && ids.length < maxIds; pos++) {
    const code = text.charCodeAt(pos)
    if (code === 60) open = pos
    else if (code === 62 && open !== -1) {
      const id = text.slice(open + 1, pos).replace(/\s/g, '')
      if (id !== '') ids.push(id)
      open = -1
    }
  }
  if (ids.length > 0) return ids
  const bare = text.split(/\s+/, maxIds).filter((word) => word.includes('@'))
  return bare.map((word) => word.replace(/[<>,;]/g, ''))
}
