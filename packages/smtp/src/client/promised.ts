/** What ends in a callback, as nodemailer's methods do. */
export function promised<T>(
  start: (done: (error?: Error | null, value?: T) => void) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    start((error, value) => {
      if (error instanceof Error) reject(error)
      else resolve(value as T)
    })
  })
}
