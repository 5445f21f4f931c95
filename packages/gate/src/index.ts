export {
  limitsConfigSchema,
  listenerConfigSchema,
  networkTextSchema,
  proxyConfigSchema,
  splitListenAddress,
  type LimitsConfig,
  type ListenerConfig,
  type ProxyConfig,
} from './config.ts'
export type { Listener } from './listener.ts'
export { farewellWords } from './farewell.ts'
export { Gate } from './gate.ts'
export {
  hostFields,
  hostOfUrl,
  judgeHost,
  judgeOrigin,
  ownNames,
  parseHost,
  type HostVerdict,
  type HttpHost,
  type HttpHostRules,
  type OriginFields,
  type OriginVerdict,
} from './http-host/http-host.ts'
export { httpHostConfigSchema, type HttpHostConfig } from './http-host/http-host-config.ts'
export {
  defaultGateLimits,
  type GateLimits,
  type GateOptions,
  type ListenOptions,
} from './gate-options.ts'
export type {
  BoundLogin,
  Door,
  DoorTraits,
  EndReason,
  GateConnection,
  RefusalReason,
} from './gate-connection.ts'
export type { ClientAddressReport } from './client-addresses.ts'
export {
  takeRequestClient,
  type ProxyTrust,
  type RequestClient,
} from './http-proxy/request-client.ts'
export { KnownClients } from './known/known-clients.ts'
export { Turnstile, type TurnstileOptions } from './shares/turnstile.ts'
export type { MailSources } from './known/mail-sources.ts'
export { carryOut, type CarriedOut } from './remedy/carry-out.ts'
export { isEnding, Judge, type Judgement } from './remedy/judge.ts'
export type { OriginRule, OriginRules } from './remedy/origin-rules.ts'
export {
  remediationConfigSchema,
  remediesOf,
  type RemediationConfig,
} from './remedy/remediation-config.ts'
export { defaultRemedies, type ListenerRemedies, type Remedy } from './remedy/remedy.ts'
export { reportHandshake } from './tls/report-handshake.ts'
export { secureContextOf } from './tls/secure-context.ts'
export { makeSelfSignedCertificate, type CertificateAndKey } from './tls/self-signed-certificate.ts'
export { LoginWatch, type LoginWatchOptions } from './login/login-watch.ts'
export type { LoginPorts } from './login/login-ports.ts'
