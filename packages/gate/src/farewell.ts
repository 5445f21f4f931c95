import type { EndReason } from './gate-connection.ts'

/** Why a session ends, in words for its user: true ones, since who hears that an address is blocked asks his provider, and of an account his administrator. */
export function farewellWords(reason: EndReason): string {
  switch (reason.kind) {
    case 'shutdown':
      return 'Server is going down, try again'
    case 'idle':
      return 'Idle for too long while many others wait'
    case 'crowd':
      return 'Too many connections of this account'
    case 'login':
      return 'Your password has been changed: log in again'
    case 'decision':
      return reason.decision.scope === 'username'
        ? 'Your account is blocked for now'
        : 'Your address is blocked'
  }
}
