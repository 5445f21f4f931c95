import type { AuthFailureLog, SecurityContext } from '@gatepost/security-crowdsec'

/** The deadline for a handshake is over. */
export class HandshakeTimeout extends Error {
  override readonly name = 'HandshakeTimeout'
}

/** Its source has begun by far too many: that has been told as a burst. */
export class TooManyHandshakes extends Error {
  override readonly name = 'TooManyHandshakes'
}

/** Of a connection. */
export interface HandshakeParty {
  readonly securityContext: SecurityContext
  readonly speaksHttp: boolean
}

/** The event for a handshake that failed: the client was slow, spoke HTTP, or something else was wrong with it. */
export function reportHandshake(
  security: Pick<AuthFailureLog, 'protocolAbuse' | 'slowClient'>,
  { securityContext: context, speaksHttp }: HandshakeParty,
  error: unknown,
): void {
  if (error instanceof HandshakeTimeout) {
    security.slowClient(context, { kind: 'tls_handshake' })
    return
  }
  if (error instanceof TooManyHandshakes) return
  const isHttp = error instanceof Error && 'code' in error && error.code === 'ERR_SSL_HTTP_REQUEST'
  // HTTP in the clear on a port for https is somebody who forgot the s.
  const kind = isHttp && !speaksHttp ? 'http_on_mail_port' : 'tls_handshake_failed'
  const detail = error instanceof Error ? error.message : String(error)
  security.protocolAbuse(context, { kind, detail })
}
