import type { AccessGrant, NewAppPassword, NewPassword, Role, ScramSecret } from '@gatepost/core'

/** Names are those of principals. */
export type PrincipalJob =
  | { readonly kind: 'setPassword'; readonly name: string; readonly password: NewPassword }
  | { readonly kind: 'addAppPassword'; readonly name: string; readonly password: NewAppPassword }
  | { readonly kind: 'deleteAppPassword'; readonly name: string; readonly appPassword: string }
  | { readonly kind: 'setRoles'; readonly name: string; readonly roles: readonly Role[] }
  | { readonly kind: 'setAccess'; readonly grant: AccessGrant }
  | { readonly kind: 'noteUse'; readonly credential: number; readonly at: number }
  | {
      readonly kind: 'addScramKeys'
      readonly principal: number
      readonly credential: number
      readonly scram: ScramSecret
    }
