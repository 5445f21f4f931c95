import { normaliseDomain } from '@gatepost/core'

import { Refusal, type Command } from '../command.ts'
import { table } from '../table.ts'

function domainOf(text: string | undefined): string {
  const domain = normaliseDomain(text ?? '')
  if (domain === undefined) throw new Refusal(`"${text}" is no domain`)
  return domain
}

export const domainCommands: readonly Command[] = [
  {
    name: 'domain add',
    usage: '<domain>',
    summary: 'take mail for a domain',
    minPositionals: 1,
    maxPositionals: 1,
    async run({ positionals, store, print }) {
      const domain = domainOf(positionals[0])
      await (await store()).directory.addDomain(domain)
      print(`added ${domain}; its DNS records: gatepost dns show ${domain}`)
    },
  },
  {
    name: 'domain list',
    usage: '',
    summary: 'all domains whose mail is taken',
    minPositionals: 0,
    maxPositionals: 0,
    async run({ loaded, store, print, isJson }) {
      const domains = (await (await store()).directory.domains()).map(({ name, createdAt }) => ({
        domain: name,
        added: new Date(createdAt).toISOString(),
        configured: loaded.config.domains.includes(name) ? 'yes' : 'no',
      }))
      print(isJson ? JSON.stringify(domains) : table(domains, 'no domains'))
    },
  },
  {
    name: 'domain delete',
    usage: '<domain>',
    summary: 'take no more mail for a domain that has no accounts and no aliases',
    minPositionals: 1,
    maxPositionals: 1,
    async run({ loaded, positionals, store, print }) {
      const domain = domainOf(positionals[0])
      if (loaded.config.domains.includes(domain))
        throw new Refusal(
          `${domain} is in \`domains\` of the configuration, which would add it again: take it out there first`,
        )
      await (await store()).directory.deleteDomain(domain)
      print(`deleted ${domain}`)
    },
  },
]
