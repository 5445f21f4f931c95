import { randomBytes } from 'node:crypto'

export interface MachineCredentials {
  readonly machine_id: string
  readonly password: string
}
export interface MachineAnswer {
  readonly status: number
  readonly body: unknown
}

const alertKeys = [
  'scenario',
  'scenario_hash',
  'scenario_version',
  'message',
  'events_count',
  'start_at',
  'stop_at',
  'capacity',
  'leakspeed',
  'simulated',
  'events',
  'source',
] as const

/** Routes for machines: logging in, alerts. Tokens are worth nothing after a restart. */
export class MachineApi {
  readonly alerts: Readonly<Record<string, unknown>>[] = []
  readonly logins: string[] = []
  heartbeats = 0
  /** As a Local API that knows no such word. */
  takesKinds = true
  readonly #machines: readonly MachineCredentials[]
  readonly #tokens = new Set<string>()

  constructor(machines: readonly MachineCredentials[]) {
    this.#machines = machines
  }

  /** As after a restart, or an hour. */
  forgetTokens(): void {
    this.#tokens.clear()
  }

  isLoggedIn(authorization: string | undefined): boolean {
    return this.#tokens.has(authorization?.replace(/^Bearer /, '') ?? '')
  }

  login(body: unknown, userAgent: string | undefined): MachineAnswer {
    const { machine_id: id, password } = body as MachineCredentials
    const isKnown = this.#machines.some(
      (machine) => machine.machine_id === id && machine.password === password,
    )
    if (!isKnown || !/^[^/\s]+\/[^/\s]+$/.test(userAgent ?? ''))
      return { status: 401, body: { code: 401, message: 'incorrect Username or Password' } }
    this.logins.push(id)
    return this.#token()
  }

  refresh(): MachineAnswer {
    return this.#token()
  }

  beat(): MachineAnswer {
    this.heartbeats += 1
    return { status: 200, body: undefined }
  }

  addAlerts(body: unknown): MachineAnswer {
    if (!Array.isArray(body)) return { status: 400, body: { message: 'no list' } }
    for (const alert of body as Readonly<Record<string, unknown>>[]) {
      const lacking = alertKeys.filter((key) => alert[key] === undefined)
      if (alert['kind'] !== undefined && !this.takesKinds)
        return { status: 422, body: { message: 'validation failure: kind' } }
      if (lacking.length > 0)
        return { status: 500, body: { message: `validation failure: ${lacking.join(', ')}` } }
    }
    this.alerts.push(...(body as Readonly<Record<string, unknown>>[]))
    return { status: 201, body: body.map((_alert, index) => String(index + 1)) }
  }

  #token(): MachineAnswer {
    const token = randomBytes(8).toString('hex')
    this.#tokens.add(token)
    return { status: 200, body: { code: 200, expire: '2030-01-01T00:00:00Z', token } }
  }
}
