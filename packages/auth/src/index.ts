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
