import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify(argon2)

/** Cost of a new hash: RFC 9106 section 4, second recommended option scaled to what a small server can bear. */
export interface PasswordCost {
  readonly memoryKib: number
  readonly passes: number
  readonly lanes: number
}
/** OWASP's minimum for argon2id: 19 MiB, 2 passes, 1 lane: about 20 ms. */
export const defaultPasswordCost: PasswordCost = { memoryKib: 19_456, passes: 2, lanes: 1 }

const saltBytes = 16
const tagBytes = 32
// Bounds on what a stored hash may ask for: a damaged directory must not make a login cost a gigabyte.
const maxMemoryKib = 1_048_576
const maxPasses = 16
const phc =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/

/** A PHC string: `$argon2id$v=19$m=19456,t=2,p=1$salt$tag`. Runs on libuv's pool, not on the calling thread. */
export async function hashPassword(
  password: string,
  cost: PasswordCost = defaultPasswordCost,
): Promise<string> {
  const salt = randomBytes(saltBytes)
  const tag = await tagOf(password, { ...cost, salt, tagLength: tagBytes })
  const parameters = `m=${cost.memoryKib},t=${cost.passes},p=${cost.lanes}`
  return `$argon2id$v=19$${parameters}$${unpadded(salt)}$${unpadded(tag)}`
}

/** False for a wrong password and for a hash that is not ours to read. Compares in constant time. */
export async function isPasswordOf(hash: string, password: string): Promise<boolean> {
  const match = phc.exec(hash)
  if (match === null) return false
  const [, memoryKib, passes, lanes, salt, tag] = match
  const cost = { memoryKib: Number(memoryKib), passes: Number(passes), lanes: Number(lanes) }
  if (cost.memoryKib > maxMemoryKib || cost.passes > maxPasses || cost.passes < 1 || cost.lanes < 1)
    return false
  const expected = Buffer.from(tag ?? '', 'base64')
  const actual = await tagOf(password, {
    ...cost,
    salt: Buffer.from(salt ?? '', 'base64'),
    tagLength: expected.length,
  })
  return timingSafeEqual(actual, expected)
}

function tagOf(
  password: string,
  options: PasswordCost & { salt: Buffer; tagLength: number },
): Promise<Buffer> {
  return derive('argon2id', {
    // RFC 8265 section 4.2: the OpaqueString profile compares passwords in NFC.
    message: Buffer.from(password.normalize('NFC')),
    nonce: options.salt,
    parallelism: options.lanes,
    tagLength: options.tagLength,
    memory: options.memoryKib,
    passes: options.passes,
  })
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '')
}
