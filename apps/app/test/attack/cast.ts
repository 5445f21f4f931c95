/** A peer that may name any client: with PROXY headers for mail, with X-Forwarded-For for HTTP. */
export const proxyAddress = '127.0.0.9'

/** Accounts that are there from the start, and the password of all. */
export const attacker = 'attacker@example.test'
export const victim = 'victim@example.test'
export const bystander = 'bystander@example.test'
export const password = 'correct horse battery'

/** For AUTH PLAIN. */
export function plainToken(user: string, secret: string): string {
  return Buffer.from(`\0${user}\0${secret}`).toString('base64')
}
