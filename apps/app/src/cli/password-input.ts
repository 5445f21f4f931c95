import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

import { readSecret } from '../config/read-config.ts'
import { Refusal } from './command.ts'

export interface GivenPassword {
  readonly password: string
  /** Made by us: to be shown, once. */
  readonly isGenerated: boolean
}

const minCharacters = 8

/** From `--password-file` (`-` is standard input), else asked for at a terminal, else made at random. @throws Refusal */
export async function givenPassword(file: string | boolean | undefined): Promise<GivenPassword> {
  if (typeof file === 'string')
    return { password: checked(await readPassword(file)), isGenerated: false }
  if (process.stdin.isTTY) {
    const asked = await ask('Password (empty: make one): ')
    if (asked !== '') return { password: checked(asked), isGenerated: false }
  }
  return { password: randomBytes(15).toString('base64url'), isGenerated: true }
}

/** Of an account elsewhere: from `--password-file`, the environment variable, or else asked for at a terminal. @throws Refusal */
export async function foreignPassword(
  file: string | boolean | undefined,
  variable: { readonly name: string; readonly value: string | undefined },
): Promise<string> {
  if (typeof file === 'string') return await readPassword(file)
  if (variable.value !== undefined && variable.value !== '') return variable.value
  if (process.stdin.isTTY) return await ask('Password at the other server: ')
  throw new Refusal(
    `no password for the other server: give --password-file FILE (- is standard input) or ${variable.name} in the environment`,
  )
}

async function readPassword(file: string): Promise<string> {
  return file === '-' ? await readStandardInput() : readSecret(file)
}

function checked(password: string): string {
  if (password.length < minCharacters)
    throw new Refusal(`a password has at least ${minCharacters} characters`)
  if (Buffer.byteLength(password) > 1024) throw new Refusal('a password has at most 1024 bytes')
  return password
}

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString('utf8').trim()
}

/** Asks without showing what is typed. */
async function ask(question: string): Promise<string> {
  process.stderr.write(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true })
  try {
    return await terminal.question('')
  } finally {
    terminal.close()
    process.stderr.write('\n')
  }
}
