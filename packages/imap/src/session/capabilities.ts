import { tlsFactsOf } from '@gatepost/auth'
import type { GateConnection } from '@gatepost/gate'

import type { SessionPorts } from './session-ports.ts'

/** What is announced before the login: no more than a client needs to get there. */
export async function capabilitiesBeforeLogin(
  { logins }: Pick<SessionPorts, 'logins'>,
  connection: GateConnection,
): Promise<string> {
  const mechanisms = await logins.mechanisms(tlsFactsOf(connection))
  const logIn = mechanisms.map(({ name }) => `AUTH=${name}`).join(' ')
  // RFC 3501 section 6.2.3: no passwords in the clear.
  return `IMAP4rev1 SASL-IR LITERAL+ ID ENABLE ${connection.isSecure ? logIn : 'STARTTLS LOGINDISABLED'}`
}

/** RFC 3501 and the extensions of RFC 7888, 2971, 5161, 2177, 2342, 3691, 4315, 6851, 6154, 3348, 7162, 4731, 5032, 8438, 8474, 8970. */
export const capabilitiesAfterLogin =
  'IMAP4rev1 LITERAL+ ID ENABLE IDLE NAMESPACE UNSELECT UIDPLUS MOVE SPECIAL-USE CHILDREN CONDSTORE ESEARCH WITHIN STATUS=SIZE OBJECTID PREVIEW'
