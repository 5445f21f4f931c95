const roles = new Set(['postmaster', 'abuse'])

/**
 * Whether a local part, without what is behind its `+`, is read as the name of a role that every domain has (RFC 5321 section 4.5.1, RFC 2142): whoever has
 * trouble with the domain reaches somebody there, and who writes as these speaks for the domain. Folded: other forms of the same
 * letters (a long s), invisible characters, quotes and blanks, and dots at the ends look the same to people.
 */
export function isDomainRole(base: string): boolean {
  return roles.has(
    base
      .normalize('NFKC')
      .replaceAll(/[\p{Cf}\p{Default_Ignorable_Code_Point}\s"\\]/gu, '')
      .replaceAll(/^\.+|\.+$/g, '')
      .toLowerCase(),
  )
}
