import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SecureContext } from 'node:tls'

import type { Clock } from '@gatepost/core'
import { makeSelfSignedCertificate, secureContextOf } from '@gatepost/gate'
import type { Logger } from '@gatepost/telemetry'

import type { GatepostConfig } from '../config/schema.ts'

export interface LoadedCertificate {
  /** Reads the files again when they have changed: a renewed certificate needs no restart. */
  readonly secureContext: () => SecureContext
  readonly isSelfSigned: boolean
  readonly certificateFile: string
}

const checkEveryMs = 60_000

/** The configured certificate, or one of our own, made once and kept in the data folder. @throws Error for files that do not work */
export async function loadCertificate(
  config: GatepostConfig,
  clock: Clock,
  logger: Logger,
): Promise<LoadedCertificate> {
  const own = join(config.data, 'tls')
  const isSelfSigned = config.tls.certificate === undefined
  const files = {
    certificate: config.tls.certificate ?? join(own, 'certificate.pem'),
    key: config.tls.key ?? join(own, 'key.pem'),
  }
  if (isSelfSigned && !existsSync(files.certificate)) {
    mkdirSync(own, { recursive: true, mode: 0o700 })
    const made = await makeSelfSignedCertificate(
      [...new Set([config.hostname, 'localhost', '127.0.0.1'])],
      clock.now(),
    )
    writeFileSync(files.key, made.key, { mode: 0o600 })
    writeFileSync(files.certificate, made.certificate)
  }
  return {
    isSelfSigned,
    certificateFile: files.certificate,
    secureContext: refreshing(files, clock, logger),
  }
}

function refreshing(
  files: { readonly certificate: string; readonly key: string },
  clock: Clock,
  logger: Logger,
): () => SecureContext {
  let context = read(files)
  let stamp = stampOf(files)
  let checkedAt = clock.monotonic()
  return () => {
    const now = clock.monotonic()
    if (now - checkedAt < checkEveryMs) return context
    checkedAt = now
    try {
      const next = stampOf(files)
      if (next !== stamp) {
        context = read(files)
        stamp = next
        logger.info({ file: files.certificate }, 'certificate read again')
      }
    } catch (error) {
      logger.error(
        { err: error, file: files.certificate },
        'the new certificate cannot be used, the old one stays',
      )
    }
    return context
  }
}

function read(files: { readonly certificate: string; readonly key: string }): SecureContext {
  return secureContextOf({
    certificate: readFileSync(files.certificate, 'utf8'),
    key: readFileSync(files.key, 'utf8'),
  })
}

function stampOf(files: { readonly certificate: string; readonly key: string }): string {
  return `${statSync(files.certificate).mtimeMs} ${statSync(files.key).mtimeMs}`
}
