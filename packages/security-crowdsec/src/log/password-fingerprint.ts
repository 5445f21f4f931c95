import { createHmac, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

const keyText = /^[0-9a-f]{64}\n$/

/**
 * Tells whether two failed logins tried the same password, and no more: 32 bits of HMAC-SHA256 (RFC 2104) under a key that never leaves the
 * installation, as 8 hex digits. One phone with one old password is one thing, however often it tries.
 */
export function passwordFingerprint(key: Uint8Array, password: string): string {
  return createHmac('sha256', key).update(password).digest('hex').slice(0, 8)
}

/** The key of this installation, made at the first start. @throws Error when the file cannot be read or written */
export function installationKeyIn(file: string): Uint8Array {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  // What a crash left half written is no key yet.
  if (keyText.test(text)) return Buffer.from(text, 'hex')
  const key = randomBytes(32)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(`${file}.new`, `${key.toString('hex')}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return key
}
