import { runCli } from '../../src/cli/run-cli.ts'

export interface CommandResult {
  readonly code: number
  readonly out: string
  readonly error: string
}

/** `gatepost ARGS --config CONFIG`, in this process and without its environment. */
export async function runCommand(
  config: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const written = { out: '', error: '' }
  const code = await runCli([...args, '--config', config], {
    environment,
    out: (text) => (written.out += `${text}\n`),
    error: (text) => (written.error += `${text}\n`),
  })
  return { code, ...written }
}
