/** A path, and the methods that it is served with. */
export interface ServedPath {
  readonly path: RegExp
  /** As in `Allow`: `GET, HEAD`. */
  readonly allow: string
}

/** What mail programs and browsers ask for on their own, when nobody told them of it. That it is missing says nothing of them. */
const honestPaths: readonly { readonly who: string; readonly path: RegExp }[] = [
  { who: 'whoever looks for a service (RFC 8615)', path: /^\/\.well-known\// },
  { who: 'browsers', path: /^\/(?:favicon\.(?:ico|png|svg)|robots\.txt|apple-touch-icon[^/]*)$/ },
  { who: 'Thunderbird and others: autoconfiguration', path: /^\/mail\/config-v1\.1\.xml$/ },
  { who: 'Outlook: Autodiscover', path: /^\/autodiscover(?:\/|\.xml$|$)/i },
  { who: 'Outlook: Exchange', path: /^\/(?:Microsoft-Server-ActiveSync|EWS\/|mapi\/)/i },
  {
    who: 'calendars and address books: WebDAV (RFC 6764, and what Apple and DAVx5 try)',
    path: /^\/(?:dav|principals|calendars?|caldav|carddav|addressbooks?|contacts)(?:\/|$)/i,
  },
]

/** What is served here. */
export class KnownPaths {
  readonly #served: readonly ServedPath[]

  constructor(served: readonly ServedPath[]) {
    this.#served = served
  }

  /** The methods of a path that is served; undefined: it is not. `url` is as the client sent it. */
  methodsOf(url: string): string | undefined {
    const path = pathOf(url)
    return this.#served.find((own) => own.path.test(path))?.allow
  }
}

export function isHonestPath(url: string): boolean {
  const path = pathOf(url)
  return honestPaths.some((honest) => honest.path.test(path))
}

/** Without what is behind the question mark, and without the host of the absolute form (RFC 9112 section 3.2.2). */
function pathOf(url: string): string {
  const path = withoutQuery(url)
  return path.startsWith('/') ? path : path.replace(/^https?:\/\/[^/]*/i, '') || '/'
}

export function withoutQuery(url: string): string {
  return url.split('?', 1)[0] ?? ''
}
