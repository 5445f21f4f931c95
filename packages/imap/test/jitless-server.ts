/** The server as a program of its own, for a process without WebAssembly: says its port in a line, ends when its input does. */
import { ImapServer } from './imap-server.ts'

const server = await ImapServer.start()
process.stdout.write(
  `${JSON.stringify({ port: server.ports.imaps, hasWebAssembly: 'WebAssembly' in globalThis })}\n`,
)
process.stdin.resume().once('end', () => void server[Symbol.asyncDispose]())
