import type { CorpusMessage } from './corpus-message.ts'
import { brokenMime } from './messages/broken-mime.ts'
import { charsetLabels, charsets } from './messages/charsets.ts'
import { encodedWords } from './messages/encoded-words.ts'
import { fileNames } from './messages/file-names.ts'
import { addresses, headers } from './messages/headers.ts'
import { lists, machines, mailPrograms } from './messages/mail-programs.ts'
import { mimeShapes } from './messages/mime-shapes.ts'
import { nestedMessages } from './messages/nested-messages.ts'
import { calendar, protectedMail } from './messages/protected.ts'
import { reports } from './messages/reports.ts'

/** Mail in the shapes that it has out there, written for this project. */
export const corpus: readonly CorpusMessage[] = [
  ...charsets,
  ...charsetLabels,
  ...encodedWords,
  ...mimeShapes,
  ...brokenMime,
  ...nestedMessages,
  ...addresses,
  ...headers,
  ...reports,
  ...protectedMail,
  ...calendar,
  ...fileNames,
  ...mailPrograms,
  ...lists,
  ...machines,
]
