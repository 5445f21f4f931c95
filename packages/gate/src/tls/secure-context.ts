import { createSecureContext, type SecureContext } from 'node:tls'

import type { CertificateAndKey } from './self-signed-certificate.ts'

/**
 * TLS 1.2 and 1.3 (RFC 8996 retires what came before), our order of ciphers.
 * @throws Error when the two do not fit together or are no PEM
 */
export function secureContextOf({ certificate, key }: CertificateAndKey): SecureContext {
  return createSecureContext({
    cert: certificate,
    key,
    minVersion: 'TLSv1.2',
    honorCipherOrder: true,
  })
}
