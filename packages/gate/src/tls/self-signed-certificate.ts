import { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'

export interface CertificateAndKey {
  /** PEM. */
  readonly certificate: string
  readonly key: string
}

/** With the day before it no more than the 825 days that programs take for the longest. */
const validForMs = 824 * 86_400_000

/** An ECDSA P-256 certificate for the names, signed by itself: encrypts, proves nothing. The library is loaded here only: a first start needs it once. */
export async function makeSelfSignedCertificate(
  names: readonly string[],
  now: number,
): Promise<CertificateAndKey> {
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  x509.cryptoProvider.set(webcrypto)
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: [{ CN: [names[0] ?? 'localhost'] }],
      notBefore: new Date(now - 86_400_000),
      notAfter: new Date(now + validForMs),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(
          names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
        ),
      ],
    },
    webcrypto,
  )
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString(
    'base64',
  )
  const lines = key.match(/.{1,64}/g)?.join('\n') ?? ''
  return {
    certificate: `${certificate.toString('pem')}\n`,
    key: `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`,
  }
}
