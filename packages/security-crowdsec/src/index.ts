export { crowdsecConfigSchema, type CrowdsecConfig } from './config.ts'
export { remediations } from './filter/connection-filter.ts'
export type * from './filter/connection-filter.ts'
export { mayAdmit, type FailurePolicy } from './filter/failure-policy.ts'
export { noUsage } from './filter/filter-usage.ts'
export type * from './filter/filter-usage.ts'
export {
  CrowdsecFilter,
  type CrowdsecFilterOptions,
  type DecisionSource,
} from './filter/crowdsec-filter.ts'
export { LapiClient, LapiError, type LapiClientOptions } from './filter/lapi-client.ts'
export { canonicalUser } from './filter/user-name.ts'
export { openFilter } from './filter/open-filter.ts'
export type * from './log/auth-failure-log.ts'
export { SecurityEventLog, securityLogVersion } from './log/security-event-log.ts'
