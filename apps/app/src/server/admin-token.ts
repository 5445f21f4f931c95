import { join } from 'node:path'

import { installationKeyIn } from '@gatepost/security-crowdsec'

/** What programs show the admin listener, kept in `admin-token` of the data folder. @throws Error when it cannot be read or made */
export function adminTokenIn(data: string): string {
  return Buffer.from(installationKeyIn(join(data, 'admin-token'))).toString('hex')
}
