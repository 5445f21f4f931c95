/** `npm run tools:down-convert -- FOLDER`: a copy of crowdsec/ for engines before 1.5. */
import { cpSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { downConvert } from '../packages/security-crowdsec/src/engine/down-convert.ts'

const [target] = process.argv.slice(2)
if (target === undefined) throw new Error('usage: npm run tools:down-convert -- FOLDER')
cpSync('crowdsec', target, { recursive: true })
const items = '{{parsers/*,scenarios,postoverflows/*}/gatepost/*.yaml,profiles/*.yaml}'
for (const path of globSync(join(target, items))) {
  writeFileSync(path, downConvert(readFileSync(path, 'utf8')))
}
