import type { JobContext } from '../job-context.ts'
import {
  addAppPassword,
  addScramKeys,
  deleteAppPassword,
  noteUse,
  setPassword,
} from './credentials.ts'
import { setRoles } from './grants.ts'
import type { PrincipalJob } from './principal-job.ts'

export function runPrincipalJob(
  context: JobContext,
  job: Exclude<PrincipalJob, { kind: 'setAccess' }>,
): null {
  // When something was used last is no news to anybody.
  if (job.kind !== 'noteUse') context.isDirectoryChanged = true
  switch (job.kind) {
    case 'setPassword':
      return setPassword(context, job)
    case 'addAppPassword':
      return addAppPassword(context, job)
    case 'deleteAppPassword':
      return deleteAppPassword(context, job)
    case 'setRoles':
      return setRoles(context, job)
    case 'noteUse':
      return noteUse(context, job)
    case 'addScramKeys':
      return addScramKeys(context, job)
  }
}
