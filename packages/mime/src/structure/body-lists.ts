import type { MimePart } from '../mime-index.ts'
import { fileNameOf } from './file-name.ts'

/** The three views of a message's leaves (RFC 8621 section 4.1.4). Message and opaque parts are leaves. */
export interface BodyLists {
  readonly textBody: readonly MimePart[]
  readonly htmlBody: readonly MimePart[]
  readonly attachments: readonly MimePart[]
}

interface Lists {
  readonly attachments: MimePart[]
  readonly html: MimePart[] | null
  readonly text: MimePart[] | null
}

/** The suggested algorithm of RFC 8621 section 4.1.4. Depth is bounded by the index. */
export function bodyLists(root: MimePart): BodyLists {
  const html: MimePart[] = []
  const text: MimePart[] = []
  const attachments: MimePart[] = []
  visit({ subtype: 'mixed', params: {}, parts: [root] }, false, { attachments, html, text })
  return { textBody: text, htmlBody: html, attachments }
}

type Multipart = Pick<MimePart, 'subtype' | 'params' | 'parts'>

function visit(parent: Multipart, inAlternative: boolean, to: Lists): void {
  const multipart = parent.subtype
  const rootAt = rootPosition(parent)
  const textLength = to.text?.length ?? -1
  const htmlLength = to.html?.length ?? -1
  let { text, html } = to
  for (const [i, part] of parent.parts.entries()) {
    if (part.parts.length > 0) {
      visit(part, inAlternative || part.subtype === 'alternative', {
        attachments: to.attachments,
        html,
        text,
      })
    } else if (!isInline(part, i === rootAt, multipart)) to.attachments.push(part)
    else if (multipart === 'alternative') {
      if (part.type === 'text' && part.subtype === 'plain') text?.push(part)
      else if (part.type === 'text' && part.subtype === 'html') html?.push(part)
      else to.attachments.push(part)
    } else {
      if (inAlternative && part.type === 'text') {
        if (part.subtype === 'plain') html = null
        else if (part.subtype === 'html') text = null
      }
      text?.push(part)
      html?.push(part)
      if ((text === null || html === null) && isInlineMedia(part)) to.attachments.push(part)
    }
  }
  if (multipart !== 'alternative' || to.text === null || to.html === null) return
  // One kind only: it serves for the other view too.
  if (textLength === to.text.length && htmlLength !== to.html.length)
    to.text.push(...to.html.slice(htmlLength))
  if (htmlLength === to.html.length && textLength !== to.text.length)
    to.html.push(...to.text.slice(textLength))
}

/** Of the part that is the body: the first one but in multipart/related, which may name another by `start` or else by its type (RFC 2387 section 3). */
function rootPosition({ subtype, params, parts }: Multipart): number {
  if (subtype !== 'related') return 0
  const start = params['start']?.trim().replace(/^<|>$/g, '')
  const named = parts.findIndex(({ contentId }) => contentId !== null && contentId === start)
  if (named !== -1) return named
  const type = params['type']?.toLowerCase()
  return Math.max(
    0,
    parts.findIndex((part) => `${part.type}/${part.subtype}` === type),
  )
}

function isInline(part: MimePart, isRoot: boolean, multipart: string): boolean {
  if (part.disposition?.type === 'attachment') return false
  const isBodyText = part.type === 'text' && (part.subtype === 'plain' || part.subtype === 'html')
  if (!isBodyText && !isInlineMedia(part)) return false
  if (isRoot) return true
  return multipart !== 'related' && (isInlineMedia(part) || fileNameOf(part) === null)
}

function isInlineMedia(part: MimePart): boolean {
  return part.type === 'image' || part.type === 'audio' || part.type === 'video'
}

/** RFC 8621 section 4.1.4: some part to be offered for download that is not marked inline. */
export function hasAttachments(root: MimePart): boolean {
  return bodyLists(root).attachments.some((part) => part.disposition?.type !== 'inline')
}

/** Whether a part, seen alone, is one to download: a leaf marked attachment, or one that is neither marked inline nor an unnamed text. */
export function isAttachment(part: MimePart): boolean {
  if (part.parts.length > 0) return false
  const disposition = part.disposition?.type
  if (disposition === 'attachment') return true
  if (disposition === 'inline') return false
  const isBodyText = part.type === 'text' && (part.subtype === 'plain' || part.subtype === 'html')
  return !isBodyText || fileNameOf(part) !== null
}
