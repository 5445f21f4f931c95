import { cpSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { downConvert, needsDownConversion } from './down-convert.ts'
import type { Engine } from './find-engine.ts'

/** The project's own `crowdsec` folder. */
export const collectionFolder: string = join(import.meta.dirname, '../../../../crowdsec')

/** Makes a copy of it in the dialect of an engine. */
export function copyCollection(target: string, { version }: Pick<Engine, 'version'>): void {
  cpSync(collectionFolder, target, { recursive: true })
  if (!needsDownConversion(version)) return
  const items = '{{parsers/*,scenarios,postoverflows/*}/gatepost,profiles}/*.yaml'
  for (const path of globSync(items, { cwd: target })) {
    const file = join(target, path)
    writeFileSync(file, downConvert(readFileSync(file, 'utf8')))
  }
}
