const inlineTags: ReadonlySet<string> = new Set(
  'a abbr b bdi bdo big cite code del dfn em font i ins kbd mark q s samp small span strike strong sub sup tt u var wbr'.split(
    ' ',
  ),
)

const entities: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', ' '],
  ['copy', '\u00a9'],
  ['reg', '\u00ae'],
  ['trade', '\u2122'],
  ['euro', '\u20ac'],
  ['pound', '\u00a3'],
  ['hellip', '\u2026'],
  ['ndash', '\u2013'],
  ['mdash', '\u2014'],
  ['lsquo', '\u2018'],
  ['rsquo', '\u2019'],
  ['ldquo', '\u201c'],
  ['rdquo', '\u201d'],
  ['laquo', '\u00ab'],
  ['raquo', '\u00bb'],
  ['bull', '\u2022'],
  ['middot', '\u00b7'],
  ['auml', '\u00e4'],
  ['ouml', '\u00f6'],
  ['uuml', '\u00fc'],
  ['Auml', '\u00c4'],
  ['Ouml', '\u00d6'],
  ['Uuml', '\u00dc'],
  ['szlig', '\u00df'],
  ['eacute', '\u00e9'],
  ['egrave', '\u00e8'],
  ['agrave', '\u00e0'],
  ['ccedil', '\u00e7'],
  ['shy', ''],
  ['zwnj', ''],
  ['zwj', ''],
])

/**
 * Readable text of HTML, for preview and search only, never to be shown as HTML.
 * Tags, comments, script, style and title go away; block tags become a space. What is opened and never closed swallows the rest.
 */
export function htmlToText(html: string): string {
  let out = ''
  let pos = 0
  while (pos < html.length) {
    const open = html.indexOf('<', pos)
    if (open === -1) break
    out += html.slice(pos, open)
    if (!/[a-z/!?]/i.test(html.charAt(open + 1))) {
      out += '<'
      pos = open + 1
      continue
    }
    const name = /^[a-z][a-z0-9]*/i.exec(html.slice(open + 1, open + 12).replace(/^\//, ''))?.[0]
    const tag = (name ?? '').toLowerCase()
    pos = afterMarkup(html, open, tag)
    if (!inlineTags.has(tag)) out += ' '
  }
  return decodeEntities(out + html.slice(pos))
}

function afterMarkup(html: string, open: number, tag: string): number {
  const isComment = html.startsWith('<!--', open)
  const close = isComment ? html.indexOf('-->', open + 4) : html.indexOf('>', open)
  if (close === -1) return html.length
  const end = close + (isComment ? 3 : 1)
  const isRaw = tag === 'script' || tag === 'style' || tag === 'title'
  if (!isRaw || html.charAt(open + 1) === '/') return end
  const closing = new RegExp(`</${tag}`, 'gi')
  closing.lastIndex = end
  const found = closing.exec(html)
  if (found === null) return html.length
  const last = html.indexOf('>', found.index)
  return last === -1 ? html.length : last + 1
}

function decodeEntities(text: string): string {
  return text.replace(/&(#x[\da-f]{1,6}|#\d{1,7}|[a-z]{2,8});?/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return entities.get(name) ?? whole
    const isHex = name.charAt(1).toLowerCase() === 'x'
    const code = Number.parseInt(name.slice(isHex ? 2 : 1), isHex ? 16 : 10)
    const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
    return isCharacter ? String.fromCodePoint(code) : '\ufffd'
  })
}
