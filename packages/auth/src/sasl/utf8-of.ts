import { isUtf8 } from 'node:buffer'

import { MalformedResponse } from './exchange.ts'

/** @throws MalformedResponse */
export function utf8Of(response: Buffer): string {
  if (!isUtf8(response)) throw new MalformedResponse('The response is not in UTF-8')
  return response.toString('utf8')
}
