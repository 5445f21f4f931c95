import { newPassword } from '@gatepost/auth'
import { parseAddress, type EmailAddress } from '@gatepost/core'

import { scramChoice } from '../../config/scram-choice.ts'
import { Refusal, type Command } from '../command.ts'
import { givenPassword } from '../password-input.ts'
import { table } from '../table.ts'

/** The address in its normal form. @throws Refusal */
export function addressOf(text: string | undefined): EmailAddress {
  const address = parseAddress(text ?? '')
  if (address === undefined) throw new Refusal(`"${text}" is no mail address`)
  return address
}

/** @throws Refusal */
function limitOf(text: string | boolean | undefined): number | undefined {
  if (text === undefined) return undefined
  const limit = Number(text)
  if (!/^\d+$/.test(String(text)) || !Number.isSafeInteger(limit))
    throw new Refusal(`"${text}" is no number of bytes or emails`)
  return limit
}

function shown(limit: number): string {
  return limit === 0 ? 'any number of' : String(limit)
}

const passwordFile = { 'password-file': { type: 'string' } } as const

export const accountCommands: readonly Command[] = [
  {
    name: 'account add',
    usage: '<address> [--password-file FILE]',
    summary: 'make an account with its mailboxes; without a file the password is asked for or made',
    minPositionals: 1,
    maxPositionals: 1,
    options: passwordFile,
    async run({ loaded, positionals, options, store, print }) {
      const { address } = addressOf(positionals[0])
      const { password, isGenerated } = await givenPassword(options['password-file'])
      const { directory } = await store()
      const scram = scramChoice(loaded.config)
      await directory.addAccount(address, await newPassword(password, { scram }))
      print(isGenerated ? `added ${address} with the password ${password}` : `added ${address}`)
    },
  },
  {
    name: 'account list',
    usage: '',
    summary: 'all accounts',
    minPositionals: 0,
    maxPositionals: 0,
    async run({ store, print, isJson }) {
      const listed = await (await store()).directory.listAccounts()
      const accounts = listed.map(({ address, createdAt, usedBytes, usedEmails, quota }) => ({
        address,
        created: new Date(createdAt).toISOString(),
        emails: usedEmails,
        bytes: usedBytes,
        maxEmails: quota.emails,
        maxBytes: quota.bytes,
      }))
      print(isJson ? JSON.stringify(accounts) : table(accounts, 'no accounts'))
    },
  },
  {
    name: 'account password',
    usage: '<address> [--password-file FILE]',
    summary: 'set another password',
    minPositionals: 1,
    maxPositionals: 1,
    options: passwordFile,
    async run({ loaded, positionals, options, store, print }) {
      const { address } = addressOf(positionals[0])
      const { password, isGenerated } = await givenPassword(options['password-file'])
      const { directory } = await store()
      const scram = scramChoice(loaded.config, await directory.login(address))
      await directory.setPassword(address, await newPassword(password, { scram }))
      print(
        isGenerated
          ? `the password of ${address} is now ${password}`
          : `set the password of ${address}`,
      )
    },
  },
  {
    name: 'account quota',
    usage: '<address> [--bytes N] [--emails N]',
    summary: 'limit what an account may hold; 0 lifts a limit',
    minPositionals: 1,
    maxPositionals: 1,
    options: { bytes: { type: 'string' }, emails: { type: 'string' } },
    async run({ positionals, options, store, print }) {
      const { address } = addressOf(positionals[0])
      const { directory } = await store()
      const account = (await directory.listAccounts()).find((one) => one.address === address)
      const quota = {
        bytes: limitOf(options['bytes']) ?? account?.quota.bytes ?? 0,
        emails: limitOf(options['emails']) ?? account?.quota.emails ?? 0,
      }
      await directory.setQuota(address, quota)
      print(`${address} may hold ${shown(quota.bytes)} bytes in ${shown(quota.emails)} emails`)
    },
  },
  {
    name: 'account delete',
    usage: '<address>',
    summary: 'delete an account with all its mail',
    minPositionals: 1,
    maxPositionals: 1,
    async run({ positionals, store, print }) {
      const { address } = addressOf(positionals[0])
      await (await store()).directory.deleteAccount(address)
      print(`deleted ${address} and its mail`)
    },
  },
]
