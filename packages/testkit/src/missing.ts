import type { TestContext } from 'vitest'

/**
 * For a test that needs a program which is not here: skips it with the reason, which the end of the run prints. Where everything has to be
 * there (CI sets GATEPOST_REQUIRE_SYSTEM=1) it fails instead.
 */
export function missing(context: Pick<TestContext, 'skip'>, what: string): never {
  if (process.env['GATEPOST_REQUIRE_SYSTEM'] === '1')
    throw new Error(`required here, but missing: ${what}`)
  return context.skip(`needs ${what}`)
}
