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
  visit([root], 'mixed', false, { attachments, html, text })
  return { textBody: text, htmlBody: html, attachments }
}

function visit(
  parts: readonly MimePart[],
  multipart: string,
  inAlternative: boolean,
  to: Lists,
): void {
  const textLength = to.text?.length ?? -1
  const htmlLength = to.html?.length ?? -1
  let { text, html } = to
  for (const [i, part] of parts.entries()) {
    if (part.parts.length > 0) {
      visit(part.parts, part.subtype, inAlternative || part.subtype === 'alternative', {
        attachments: to.attachments,
        html,
        text,
      })
    } else if (!isInline(part, i, multipart)) to.attachments.push(part)
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

function isInline(part: MimePart, position: number, multipart: string): boolean {
  if (part.disposition?.type === 'attachment') return false
  const isBodyText = part.type === 'text' && (part.subtype === 'plain' || part.subtype === 'html')
  if (!isBodyText && !isInlineMedia(part)) return false
  if (position === 0) return true
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
