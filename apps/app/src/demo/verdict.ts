import { parseIp } from '@gatepost/core'
import type { ConnectionFilter, FilterVerdict } from '@gatepost/security-crowdsec'

export interface TimedVerdict {
  readonly verdict: FilterVerdict
  /** By performance.now(). */
  readonly at: number
}

const patienceMs = 30_000

/** Resolves when the filter's verdict on the address is of that kind. @throws Error when it does not come to that */
export function verdictOn(
  filter: ConnectionFilter,
  address: string,
  kind: FilterVerdict['kind'],
): Promise<TimedVerdict> {
  const ip = parseIp(address)
  if (ip === undefined) throw new Error(`"${address}" is no address`)
  const { promise, resolve, reject } = Promise.withResolvers<TimedVerdict>()
  const look = (): void => {
    const verdict = filter.check(ip)
    if (verdict.kind === kind) resolve({ verdict, at: performance.now() })
  }
  const unsubscribe = filter.onChange(look)
  const timer = setTimeout(
    () => reject(new Error(`no ${kind} for ${address} in ${patienceMs} ms`)),
    patienceMs,
  ).unref()
  look()
  return promise.finally(() => {
    clearTimeout(timer)
    unsubscribe()
  })
}
