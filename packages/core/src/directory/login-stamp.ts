import { hash } from 'node:crypto'

/** What a login was made with: it changes with the password, and tells nothing of it. */
export function loginStamp(passwordHash: string): string {
  return hash('sha256', passwordHash, 'base64url').slice(0, 22)
}
