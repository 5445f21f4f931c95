/** What went wrong with one request, in one line for the administrator. */
export class LapiError extends Error {
  override readonly name = 'LapiError'
  /** Of the answer; undefined when there was none. */
  readonly status: number | undefined

  constructor(
    message: string,
    options: { readonly status?: number; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.status = options.status
  }
}

export function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`
  if (error instanceof SyntaxError) return error.message
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  return error.message === '' ? code : error.message
}
