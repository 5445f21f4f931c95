export { silentLogger } from '@gatepost/telemetry'
export { CollectingSecurityLog, type CollectedEvent } from './collecting-log.ts'
export { SwitchFilter } from './switch-filter.ts'
export { LineClient, type LineClientOptions } from './line-client.ts'
