/**
 * Names of header fields, in lower case, in which a fold more breaks a DKIM-Signature, given by its value: those in `h=`, and itself, unless it takes headers
 * as `relaxed`, which unfolds them (RFC 6376 sections 3.4.1, 3.4.2 and 3.5).
 */
export function fieldsFixedBy(signature: string): readonly string[] {
  const tags = signature.replaceAll(/\s+/g, '').toLowerCase().split(';')
  const valueOf = (tag: string): string | undefined =>
    tags.find((text) => text.startsWith(`${tag}=`))?.slice(tag.length + 1)
  const [canonicalization] = (valueOf('c') ?? 'simple').split('/')
  return canonicalization === 'relaxed'
    ? []
    : ['dkim-signature', ...(valueOf('h') ?? '').split(':')]
}
