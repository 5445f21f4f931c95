export { Delivery, type DeliveryOptions } from './delivery.ts'
export {
  DnsMailHostFinder,
  relayFinder,
  type MailHostFinder,
  type MailHosts,
} from './outbound/mail-hosts.ts'
export { reachOf, type Reach } from './outbound/reach.ts'
export { defaultRetrySchedule, type RetrySchedule } from './outbound/retry-schedule.ts'
