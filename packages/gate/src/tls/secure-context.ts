import { constants } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'

import type { CertificateAndKey } from './self-signed-certificate.ts'

/** Forward secrecy and authenticated encryption only: RFC 9325 section 4.2 wants no CBC. */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

/**
 * TLS 1.2 and 1.3 (RFC 8996 retires what came before), our order of ciphers. No renegotiation (RFC 9325 section 3.5): a client could ask for handshake
 * after handshake on one connection.
 * @throws Error when the two do not fit together or are no PEM
 */
export function secureContextOf({ certificate, key }: CertificateAndKey): SecureContext {
  return createSecureContext({
    cert: certificate,
    key,
    minVersion: 'TLSv1.2',
    ciphers,
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  })
}
