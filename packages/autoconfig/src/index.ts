export { createAutoconfigModule, type AutoconfigOptions } from './autoconfig-routes.ts'
export { autoconfigConfigSchema, type AutoconfigConfig } from './config.ts'
export { dnsRecords, type DnsRecord } from './dns-records.ts'
export type { MailService, MailServices } from './mail-services.ts'
