/** Why a MAIL or RCPT line is refused, when it is. */
export type PathLineProblem =
  | { readonly kind: 'spaceBeforePath' }
  | { readonly kind: 'unknownParameter'; readonly name: string }

const known = {
  MAIL: new Set(['SIZE', 'BODY', 'SMTPUTF8', 'REQUIRETLS', 'RET', 'ENVID', 'AUTH']),
  RCPT: new Set(['NOTIFY', 'ORCPT']),
}

/** What smtp-server lets pass and RFC 5321 does not: white space before the path (section 3.3), parameters of extensions never announced (section 4.1.1.11). */
export function checkPathLine(verb: 'MAIL' | 'RCPT', line: string): PathLineProblem | undefined {
  const colon = line.indexOf(':')
  if (colon === -1) return undefined
  if (/^\s/.test(line.slice(colon + 1))) return { kind: 'spaceBeforePath' }
  const end = line.indexOf('>', colon)
  if (end === -1) return undefined
  for (const parameter of line
    .slice(end + 1)
    .trim()
    .split(/\s+/)) {
    const name = (parameter.split('=')[0] ?? '').toUpperCase()
    if (name !== '' && !known[verb].has(name))
      return { kind: 'unknownParameter', name: name.replaceAll(/[^A-Z0-9-]/g, '?').slice(0, 32) }
  }
  return undefined
}
