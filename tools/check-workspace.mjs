// Fails when the package graph breaks the layering of docs/architecture.md. `--fix` writes the tsconfig references.
// No dependencies: it runs on any Node, before anything is installed.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** Layer -> the layers that its dependencies may be in. `development` may be used by tests everywhere, and by nothing else. */
const may = {
  foundation: ['foundation'],
  'security-crowdsec': ['foundation'],
  gate: ['foundation', 'security-crowdsec'],
  auth: ['foundation', 'security-crowdsec', 'gate'],
  http: ['foundation', 'security-crowdsec', 'gate', 'auth'],
  protocol: ['foundation', 'security-crowdsec', 'gate', 'auth', 'http'],
  adapter: ['foundation'],
  service: ['foundation', 'security-crowdsec', 'gate', 'auth', 'http', 'protocol'],
  extension: ['foundation', 'security-crowdsec', 'gate', 'auth', 'http', 'protocol', 'service'],
  app: [
    'foundation',
    'security-crowdsec',
    'gate',
    'auth',
    'http',
    'protocol',
    'adapter',
    'service',
    'extension',
  ],
  development: [
    'foundation',
    'security-crowdsec',
    'gate',
    'auth',
    'http',
    'adapter',
    'development',
  ],
}
const isFixing = process.argv.includes('--fix')
const problems = []
const packages = new Map()
for (const group of ['packages', 'apps'])
  for (const folder of readdirSync(group)) {
    const file = join(group, folder, 'package.json')
    if (!existsSync(file)) continue
    const manifest = JSON.parse(readFileSync(file, 'utf8'))
    packages.set(manifest.name, {
      folder: join(group, folder),
      manifest,
      layer: manifest.gatepost?.layer,
    })
  }

for (const entry of packages.values()) checkPackage(entry)
checkCycles()
syncReferences(
  'tsconfig.json',
  [...packages.values()].map(({ folder }) => `./${folder}`),
  'the root tsconfig',
)

for (const problem of problems) console.error(problem)
console.log(`${packages.size} packages checked, ${problems.length} problems`)
process.exitCode = problems.length > 0 ? 1 : 0

function checkPackage({ folder, manifest, layer }) {
  if (may[layer] === undefined) {
    problems.push(
      `${folder}: package.json needs "gatepost": { "layer": one of ${Object.keys(may).join(', ')} }`,
    )
    return
  }
  if (manifest.type !== 'module') problems.push(`${folder}: package.json needs "type": "module"`)
  for (const name of Object.keys(manifest.dependencies ?? {})) {
    const target = packages.get(name)
    if (target !== undefined && !may[layer].includes(target.layer))
      problems.push(
        `${folder}: a package of layer ${layer} must not depend on ${name} (${target.layer})`,
      )
  }
  const references = workspaceDependencies(manifest).map((name) =>
    relative(folder, packages.get(name).folder),
  )
  syncReferences(join(folder, 'tsconfig.json'), references, folder)
}

function workspaceDependencies(manifest) {
  const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
  return names.filter((name) => packages.has(name))
}

function syncReferences(file, wanted, owner) {
  const config = JSON.parse(readFileSync(file, 'utf8'))
  const have = (config.references ?? []).map((reference) => reference.path)
  if (have.toSorted().join() === wanted.toSorted().join()) return
  if (!isFixing) {
    problems.push(
      `${owner}: tsconfig references [${have}] differ from the workspace dependencies [${wanted}] (npm run fix)`,
    )
    return
  }
  config.references = wanted.toSorted().map((path) => ({ path }))
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`)
}

function checkCycles() {
  const done = new Set()
  const visit = (name, path) => {
    if (path.includes(name)) {
      problems.push(`cycle: ${[...path.slice(path.indexOf(name)), name].join(' -> ')}`)
      return
    }
    if (done.has(name)) return
    for (const next of workspaceDependencies(packages.get(name).manifest))
      visit(next, [...path, name])
    done.add(name)
  }
  for (const name of packages.keys()) visit(name, [])
}
