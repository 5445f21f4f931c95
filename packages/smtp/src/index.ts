export { receivedField, rfc5322Date, type ReceivedField } from './grammar/trace-fields.ts'
export {
  createMxDoor,
  createSubmissionDoor,
  type MxDoorOptions,
  type SubmissionDoorOptions,
} from './server/smtp-door.ts'
export { defaultSmtpLimits, type SmtpLimits } from './server/smtp-limits.ts'
export type { OutgoingMessage, RecipientReply } from './client/outgoing-message.ts'
export {
  sendMessage,
  type SendOptions,
  type SendResult,
  type SmtpTarget,
} from './client/send-message.ts'
export { enhancedCodeOf, oneLine, replyLines } from './grammar/reply-text.ts'
