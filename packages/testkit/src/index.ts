export { silentLogger } from '@gatepost/telemetry'
