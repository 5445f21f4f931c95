import { readFileSync } from 'node:fs'

/** Of the app's package: `0.1.0`. */
export function readVersion(): string {
  const manifest = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { readonly version: string }
  return manifest.version
}
