import type { Socket } from 'node:net'

/** Time for the client to read the refusal before the socket goes: a reset would take the words away from it. */
const lingerMs = 1000

/** Says the words and closes, without reading on. */
export function refuse(socket: Socket, words: string): void {
  socket.on('error', () => undefined)
  const timer = setTimeout(() => socket.destroy(), lingerMs)
  socket.once('close', () => clearTimeout(timer))
  // What the client sends meanwhile is thrown away: unread bytes would turn the close into a reset.
  socket.resume()
  socket.end(words, 'latin1')
}
