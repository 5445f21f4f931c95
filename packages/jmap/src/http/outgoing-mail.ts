import type { Access } from '@gatepost/core'
import type { Judge } from '@gatepost/gate'
import { type HttpClient, tellRefused, type RefusalListeners } from '@gatepost/http'
import type { OutboundBursts } from '@gatepost/security-crowdsec'

import type { OutgoingMail } from '../methods/call-context.ts'

export interface OutgoingMailOptions extends RefusalListeners {
  readonly judge: Judge
  readonly bursts?: Pick<OutboundBursts, 'sent'> | undefined
}

/** What decisions and detection have to do with the mail of one request. */
export function outgoingMailOf(
  options: OutgoingMailOptions,
  client: HttpClient,
  { principal }: Access,
): OutgoingMail {
  const { judge, bursts } = options
  return {
    heldUntil() {
      const { listener } = client.connection
      const judgement = judge.session(listener, client.address, principal.name)
      if (judgement.kind !== 'hold') return undefined
      tellRefused(options, client, judgement.decision, 'held')
      return judgement.decision.until
    },
    sent: (recipients) => bursts?.sent(client.security, principal.name, recipients),
  }
}
