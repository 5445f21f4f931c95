export type { Address, Envelope, MimeIndex, MimePart } from './mime-index.ts'
