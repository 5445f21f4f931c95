/** `npm run tools:down-convert -- FOLDER`: a copy of crowdsec/ for engines before 1.5. */
import { copyCollection } from '../packages/security-crowdsec/src/engine/copy-collection.ts'

const [target] = process.argv.slice(2)
if (target === undefined) throw new Error('usage: npm run tools:down-convert -- FOLDER')
copyCollection(target, { version: '1.4.6' })
