/** A list of decisions as a Local API with the community's blocklist sends it; as a worker, the server that sends it. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isMainThread, parentPort, workerData } from 'node:worker_threads'

/** 94 % IPv4, 3 % IPv4 networks, 2 % IPv6, 1 % IPv6 networks. */
export function valueOf(number: number): string {
  const share = number % 100
  const spread = Math.imul(number + 1, 0x9e3779b1) >>> 0
  const v4 = `${11 + ((spread >>> 24) % 200)}.${(spread >>> 16) & 255}.${(spread >>> 8) & 255}.${spread & 255}`
  const v6 = `2001:db8:${(spread >>> 16).toString(16)}:${(spread & 0xffff).toString(16)}`
  if (share < 94) return v4
  if (share < 97) return `${v4}/${[16, 20, 24][number % 3]}`
  return share < 99
    ? `${v6}::${(number & 0xffff).toString(16)}`
    : `${v6}::/${[48, 56, 64][number % 3]}`
}

export function decisionList(count: number): string {
  const items = Array.from({ length: count }, (_, number) => {
    const value = valueOf(number)
    const scope = value.includes('/') ? 'Range' : 'Ip'
    const seconds = 1 + ((number * 7919) % 600_000)
    const duration = `${Math.floor(seconds / 3600)}h${Math.floor(seconds / 60) % 60}m${seconds % 60}s`
    const uuid = `5f3c1d2e-0000-4000-8000-${String(number).padStart(12, '0')}`
    const scenario = scenarios[number % scenarios.length]
    return `{"duration":"${duration}","id":${number + 1},"origin":"CAPI","scenario":"${scenario}","scope":"${scope}","type":"ban","uuid":"${uuid}","value":"${value}"}`
  })
  return `{"new": [${items.join(',')}], "deleted": []}`
}

const scenarios = [
  'crowdsecurity/http-probing',
  'crowdsecurity/ssh-bf',
  'crowdsecurity/http-cve-probing',
  'crowdsecurity/postfix-spam',
]

if (!isMainThread) {
  const { count } = workerData as { readonly count: number }
  const body = Buffer.from(decisionList(count))
  const server = createServer((_request, response) => response.end(body))
  server.listen(0, '127.0.0.1', () =>
    parentPort?.postMessage((server.address() as AddressInfo).port, []),
  )
}
