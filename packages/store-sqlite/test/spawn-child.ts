import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface ChildHandle extends AsyncDisposable {
  readonly process: ChildProcess
  readonly lines: AsyncIterator<string>
  /** SIGKILL, and gone when it resolves. */
  kill(): Promise<void>
}

export function spawnChild(...args: readonly string[]): ChildHandle {
  const path = fileURLToPath(new URL('./child.ts', import.meta.url))
  const child = spawn(process.execPath, [path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  return {
    process: child,
    lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](),
    kill,
    [Symbol.asyncDispose]: kill,
  }
}
