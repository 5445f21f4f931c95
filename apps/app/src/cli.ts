#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

enableCompileCache()

const { runCli } = await import('./cli/run-cli.ts')
process.exitCode = await runCli(process.argv.slice(2), {
  environment: process.env,
  out: (text) => process.stdout.write(`${text}\n`),
  error: (text) => process.stderr.write(`${text}\n`),
})
