import type { Principals } from '@gatepost/core'

/** What a login asks of the directory. */
export type LoginDirectory = Omit<Principals, 'loginStamps'>
