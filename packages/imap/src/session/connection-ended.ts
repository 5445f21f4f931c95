/** The client has gone, or does not read what it asked for: whatever runs for it stops here. */
export class ConnectionEnded extends Error {
  override readonly name = 'ConnectionEnded'
}
