/**
 * `node tools/with-toolchain.mjs node tools/hub-index.ts FOLDER`: a copy of crowdsec/ with the index of a hub, as an engine's `hub_dir`. From there
 * `cscli collections install gatepost/gatepost` takes the whole collection.
 */
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { hubIndexOf } from '../packages/security-crowdsec/src/engine/hub-index.ts'

const [target] = process.argv.slice(2)
if (target === undefined) throw new Error('usage: node tools/hub-index.ts FOLDER')
cpSync(join(import.meta.dirname, '../crowdsec'), target, { recursive: true })
writeFileSync(join(target, '.index.json'), JSON.stringify(hubIndexOf(target)))
