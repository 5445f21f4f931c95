const mediaType = /^[A-Za-z0-9!#$&^_.+-]{1,127}\/[A-Za-z0-9!#$&^_.+-]{1,127}$/

/**
 * The type under which a download leaves: what the client asks for when it is one, without parameters. What a browser would run keeps its bytes
 * but not its name; Content-Disposition, nosniff and the sandbox hold for the rest.
 */
export function safeMediaType(asked: unknown): string {
  if (typeof asked !== 'string') return 'application/octet-stream'
  const type = (asked.split(';')[0] ?? '').trim().toLowerCase()
  if (!mediaType.test(type)) return 'application/octet-stream'
  if (type.startsWith('text/')) return 'text/plain; charset=utf-8'
  return /html|xml|svg|script|ecma|pdf|multipart/.test(type) ? 'application/octet-stream' : type
}

/** RFC 6266 with RFC 8187: an attachment, whose name is nothing but a name. */
export function attachmentDisposition(name: string): string {
  const bare = name
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '')
    .replaceAll(/[/\\]/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, 200)
    .toWellFormed()
  const kept = bare === '' ? 'download' : bare
  const ascii = kept.replaceAll(/[^\x20-\x7e]|["%;]/g, '_')
  const encoded = encodeURIComponent(kept).replaceAll(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`
}
