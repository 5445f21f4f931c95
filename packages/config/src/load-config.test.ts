import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { ConfigError } from './config-error.ts'
import { loadConfig } from './load-config.ts'

const schema = z.strictObject({
  hostname: z.string().default('localhost'),
  domains: z.array(z.string()).default([]),
  listen: z
    .strictObject({
      mx: z
        .strictObject({
          address: z.string().default('127.0.0.1:2525'),
          enabled: z.boolean().default(true),
          limit: z.number().int().default(3),
        })
        .prefault({}),
    })
    .prefault({}),
})

function load(
  text: string | undefined,
  environment: Record<string, string> = {},
): z.infer<typeof schema> {
  return loadConfig(
    schema,
    text === undefined ? { environment } : { file: { name: 'gatepost.toml', text }, environment },
  )
}
function problem(text: string, environment: Record<string, string> = {}): string {
  try {
    load(text, environment)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  throw new Error('accepted')
}

describe('loadConfig', () => {
  it('puts the file over the defaults and the environment over the file', () => {
    const config = load('hostname = "a"\n[listen.mx]\naddress = "b:1"\n', {
      GATEPOST__LISTEN__MX__ADDRESS: 'c:2',
      GATEPOST__LISTEN__MX__ENABLED: 'false',
      GATEPOST__LISTEN__MX__LIMIT: '7',
      GATEPOST__DOMAINS: 'x.test, y.test',
      OTHER__HOSTNAME: 'no',
    })
    expect(config).toEqual({
      hostname: 'a',
      domains: ['x.test', 'y.test'],
      listen: { mx: { address: 'c:2', enabled: false, limit: 7 } },
    })
  })

  it('keeps text that looks like a number where text is wanted', () => {
    expect(load(undefined, { GATEPOST__HOSTNAME: '12345' }).hostname).toBe('12345')
  })

  it('names the line and the nearest key of an unknown key', () => {
    expect(problem('hostname = "a"\n\n[listen.mx]\nadress = "b:1"\n')).toBe(
      'gatepost.toml:4: unknown key "adress" in [listen.mx]; did you mean "address"?',
    )
    expect(problem('[listen]\nmx.adress = "b:1"\n')).toContain(
      'gatepost.toml:2: unknown key "adress"',
    )
    expect(problem('[lisen.mx]\naddress = "b:1"\n')).toBe(
      'gatepost.toml:1: unknown key "lisen"; did you mean "listen"?',
    )
  })

  it('lists the known keys when none is near', () => {
    expect(problem('zzz = 1\n')).toBe(
      'gatepost.toml:1: unknown key "zzz"; known keys: hostname, domains, listen',
    )
  })

  it('names the variable of an unknown key in the environment', () => {
    expect(problem('', { GATEPOST__HOSTNAM: 'x' })).toBe(
      'GATEPOST__HOSTNAM: unknown key "hostnam"; did you mean "hostname"?',
    )
  })

  it('names the line of a wrong type and of broken TOML', () => {
    expect(problem('\n[listen.mx]\nenabled = "yes"\n')).toMatch(
      /^gatepost\.toml:3: listen\.mx\.enabled: .*boolean/,
    )
    expect(problem('a = \n')).toMatch(/^gatepost\.toml:1: /)
  })

  it('reports every problem at once', () => {
    expect(problem('hostnam = "a"\n[listen.mx]\nenabled = 3\n').split('\n')).toHaveLength(2)
  })

  it('is not led astray by keys named like those of every object', () => {
    expect(problem('', { GATEPOST____PROTO__: 'x', GATEPOST__CONSTRUCTOR__X: 'y' })).toContain(
      'unknown key "constructor"',
    )
  })
})
