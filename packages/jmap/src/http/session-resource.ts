import { createHash } from 'node:crypto'

import type { Access } from '@gatepost/core'

import { servedAccounts, type ServedAccount } from '../account-access.ts'
import type { JmapLimits } from '../limits.ts'
import { capabilities, webSocketCapability } from '../protocol/request-object.ts'

export const webSocketPath = '/jmap/ws/'

const emailSorts = [
  'receivedAt',
  'sentAt',
  'size',
  'from',
  'to',
  'subject',
  'hasKeyword',
  'allInThreadHaveKeyword',
  'someInThreadHaveKeyword',
]

/** The Session object (RFC 8620 section 2). `origin`: `https://host`. */
export function sessionResource(
  access: Access,
  origin: string,
  limits: JmapLimits,
): Readonly<Record<string, unknown>> {
  const { account, principal } = access
  const body = {
    capabilities: {
      [capabilities.core]: coreCapability(limits),
      [capabilities.mail]: {},
      [capabilities.submission]: {},
      // RFC 8887 section 3
      [webSocketCapability]: {
        url: `${origin.replace(/^http/, 'ws')}${webSocketPath}`,
        supportsPush: true,
      },
    },
    accounts: Object.fromEntries(
      servedAccounts(access).map((served) => [served.account.id, accountObject(served, limits)]),
    ),
    primaryAccounts: Object.fromEntries(
      Object.values(capabilities).map((capability) => [capability, account.id]),
    ),
    username: principal.name,
    apiUrl: `${origin}/jmap/api`,
    downloadUrl: `${origin}/jmap/download/{accountId}/{blobId}/{name}?type={type}`,
    uploadUrl: `${origin}/jmap/upload/{accountId}/`,
    eventSourceUrl: `${origin}/jmap/eventsource/?types={types}&closeafter={closeafter}&ping={ping}`,
  }
  return { ...body, state: sessionState(access, limits) }
}

/** Of what does not depend on how the client came: every API response carries it. */
export function sessionState(access: Access, limits: JmapLimits): string {
  const content = JSON.stringify([
    servedAccounts(access),
    coreCapability(limits),
    mailCapability(limits),
    webSocketCapability,
  ])
  return createHash('sha256').update(content).digest('base64url').slice(0, 16)
}

/** Nobody sends from the account of somebody else: that is the owner's to do. */
function accountObject(
  { account, isPersonal, isReadOnly }: ServedAccount,
  limits: JmapLimits,
): object {
  const submission = { maxDelayedSend: 0, submissionExtensions: {} }
  return {
    name: account.address,
    isPersonal,
    isReadOnly,
    accountCapabilities: {
      [capabilities.core]: {},
      [capabilities.mail]: mailCapability(limits),
      ...(isPersonal ? { [capabilities.submission]: submission } : {}),
    },
  }
}

function coreCapability(limits: JmapLimits): object {
  return {
    maxSizeUpload: limits.maxSizeUpload,
    maxConcurrentUpload: limits.maxConcurrentUpload,
    maxSizeRequest: limits.maxSizeRequest,
    maxConcurrentRequests: limits.maxConcurrentRequests,
    maxCallsInRequest: limits.maxCallsInRequest,
    maxObjectsInGet: limits.maxObjectsInGet,
    maxObjectsInSet: limits.maxObjectsInSet,
    collationAlgorithms: ['i;unicode-casemap'],
  }
}

// RFC 8621 section 1.3.1
function mailCapability(limits: JmapLimits): object {
  return {
    maxMailboxesPerEmail: limits.maxMailboxesPerEmail,
    maxMailboxDepth: limits.maxMailboxDepth,
    maxSizeMailboxName: limits.maxSizeMailboxName,
    maxSizeAttachmentsPerEmail: limits.maxSizeUpload,
    emailQuerySortOptions: emailSorts,
    mayCreateTopLevelMailbox: true,
  }
}
