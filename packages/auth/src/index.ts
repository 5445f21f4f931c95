export {
  Authenticator,
  type AuthenticationResult,
  type AuthenticatorOptions,
} from './login/authenticator.ts'
export {
  loginClientOf,
  Logins,
  type LoginAttempt,
  type LoginClient,
  type LoginOutcome,
} from './login/logins.ts'
export { hashPassword } from './password/password-hash.ts'
export { newAppPassword, newPassword, type NewPasswordOptions } from './password/new-password.ts'
export { SaslCancelled } from './sasl/exchange.ts'
export { offeredMechanisms } from './sasl/mechanisms.ts'
export { tlsFactsOf } from './sasl/tls-facts.ts'
