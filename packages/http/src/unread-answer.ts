import type { ServerResponse } from 'node:http'

/** Ends the connection of a client that takes nothing of its answer for so long. A request that is worked on for longer goes on. */
export function cutUnread(response: ServerResponse, unreadMs: number): void {
  // Node counts what the kernel takes of a write that is under way as progress, and goes back to its own timeout when the response has ended.
  response.setTimeout(unreadMs, () => {
    const { socket } = response
    if (socket !== null && socket.writableLength > 0) socket.destroy()
  })
}
