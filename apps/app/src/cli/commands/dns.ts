import { dnsRecords } from '@gatepost/autoconfig'
import { normaliseDomain } from '@gatepost/core'

import { mailServicesOf } from '../../server/mail-services-of.ts'
import { Refusal, type Command } from '../command.ts'

export const dnsCommands: readonly Command[] = [
  {
    name: 'dns show',
    usage: '[domain]',
    summary: 'the records that lead mail and mail programs here, as lines of a zone file',
    minPositionals: 0,
    maxPositionals: 1,
    async run({ loaded, positionals, store, print, isJson }) {
      const domains = (await (await store()).directory.domains()).map(({ name }) => name)
      const services = mailServicesOf(loaded.config, (name) => domains.includes(name))
      const [text] = positionals
      const domain = text === undefined ? undefined : normaliseDomain(text)
      if (text !== undefined && (domain === undefined || !domains.includes(domain)))
        throw new Refusal(`"${text}" is not among the domains of this server`)
      const shown = domain === undefined ? domains : [domain]
      const records = shown.flatMap((one) => dnsRecords(services, one))
      print(
        isJson
          ? JSON.stringify(records)
          : records.map(({ name, type, data }) => `${name} IN ${type} ${data}`).join('\n'),
      )
    },
  },
]
