export { baseSubject } from './base-subject.ts'
export { CharsetDecoder } from './body/charset-decoder.ts'
export { type BodyText, decodeBody, decodeText } from './body/decode-body.ts'
export { charsetLookBytes, partCharset } from './body/part-charset.ts'
export { htmlToText } from './body/html-text.ts'
export { searchText } from './body/search-text.ts'
export { cutToBytes, enoughFor } from './body/text-bounds.ts'
export { decodeTransfer, isKnownEncoding } from './body/transfer-encoding.ts'
export { type TransferDecoder, transferDecoder } from './body/transfer-decoder.ts'
export { addrSpec, parseAddressList } from './header/address-list.ts'
export {
  type AuthorField,
  type AuthorProblem,
  authorProblemText,
  type AuthorRule,
  findAuthorProblem,
  headerLimits,
} from './header/authors.ts'
export { type MailDate, parseDate } from './header/date.ts'
export { encodeWords } from './header/encode-words.ts'
export { decodeWords } from './header/encoded-words.ts'
export { type HeaderField, headerFields, rawValue } from './header/header-fields.ts'
export { headerText, unfold } from './header/header-text.ts'
export { parseMessageIds } from './header/message-ids.ts'
export { returnPathField, withoutReturnPath } from './header/return-path.ts'
export { isNotToLeave, isOwnTrace } from './header/server-fields.ts'
export { withoutFields } from './header/without-fields.ts'
export { defaultLimits, type MimeLimits } from './limits.ts'
export type { Address, Envelope, InnerMessage, MimeIndex, MimePart } from './mime-index.ts'
export { toNfc } from './nfc.ts'
export { foldField } from './outgoing/fold-field.ts'
export { type LineTraits, LineTraitsReader } from './outgoing/line-traits.ts'
export {
  makeSendable,
  type Obstacle,
  type Sendable,
  type SendableOptions,
} from './outgoing/make-sendable.ts'
export { type BodyLists, bodyLists, hasAttachments, isAttachment } from './structure/body-lists.ts'
export { fileNameOf } from './structure/file-name.ts'
export { indexMessage } from './structure/index-message.ts'
export { findPart, placePart, renderedType, walkParts } from './structure/sections.ts'
