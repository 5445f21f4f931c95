import { message, type CorpusMessage } from '../corpus-message.ts'
import { multipart, parts, plainPart } from './multipart.ts'

const status = (...lines: readonly string[]): string[] => [
  'Content-Type: message/delivery-status',
  '',
  'Reporting-MTA: dns; mx.example.org',
  '',
  ...lines,
]
const returned = (word: string): string[] => [
  'Content-Type: message/rfc822',
  '',
  'From: me@example.test',
  `Subject: returned ${word}`,
  '',
  `original ${word}`,
]
const disposition = (final: string, action: string): string[] => [
  'Content-Type: message/disposition-notification',
  '',
  'Reporting-UA: mail.example.org; Gatekeeper 1.0',
  `Final-Recipient: rfc822;${final}`,
  'Original-Message-ID: <asked@example.test>',
  `Disposition: ${action}`,
]

/** Delivery status notifications, read receipts, complaints. */
export const reports: readonly CorpusMessage[] = [
  multipart(
    'a bounce',
    'report; report-type=delivery-status',
    [
      plainPart('could not be delivered'),
      status(
        'Final-Recipient: rfc822;gone@example.org',
        'Action: failed',
        'Status: 5.1.1',
        'Diagnostic-Code: smtp; 550 5.1.1 No such user-xyz',
      ),
      returned('by the bounce'),
    ],
    {
      text: 'could not be delivered',
      structure: 'multipart/report(text/plain message/delivery-status message/rfc822(text/plain))',
      attachments: ['message/delivery-status', 'message/rfc822'],
      words: ['could not be delivered', 'original by the bounce'],
    },
  ),
  multipart(
    'a delay',
    'report; report-type=delivery-status',
    [
      plainPart('is delayed'),
      status(
        'Final-Recipient: rfc822;slow@example.org',
        'Action: delayed',
        'Status: 4.4.1',
        'Will-Retry-Until: Sat, 10 Jan 2026 09:30:00 +0100',
      ),
      ['Content-Type: text/rfc822-headers', '', 'Subject: delayed-header'],
    ],
    {
      text: 'is delayed',
      structure: 'multipart/report(text/plain message/delivery-status text/rfc822-headers)',
      attachments: ['message/delivery-status', 'text/rfc822-headers'],
      words: ['delayed-header'],
    },
  ),
  multipart(
    'a bounce of an international recipient',
    'report; report-type=delivery-status',
    [
      plainPart('kein Empfänger'),
      [
        'Content-Type: message/global-delivery-status',
        '',
        'Reporting-MTA: dns; mx.example.org',
        '',
        'Final-Recipient: utf-8;jörg@example.org',
        'Action: failed',
        'Status: 5.1.1',
      ],
      ['Content-Type: message/global', '', 'Subject: zurück', '', 'weltweit zurück'],
    ],
    {
      text: 'kein Empfänger',
      structure: 'multipart/report(text/plain message/global-delivery-status message/global)',
      opened:
        'multipart/report(text/plain message/global-delivery-status message/global(text/plain))',
      attachments: ['message/global-delivery-status', 'message/global'],
      words: ['weltweit zurück'],
    },
  ),
  multipart(
    'a read receipt',
    'report; report-type=disposition-notification',
    [
      plainPart('was displayed'),
      disposition('anna@example.org', 'manual-action/MDN-sent-manually; displayed'),
    ],
    {
      text: 'was displayed',
      structure: 'multipart/report(text/plain message/disposition-notification)',
      attachments: ['message/disposition-notification'],
      words: ['was displayed'],
    },
  ),
  multipart(
    'a receipt of deletion',
    'report; report-type=disposition-notification',
    [
      plainPart('was deleted unread'),
      disposition('anna@example.org', 'automatic-action/MDN-sent-automatically; deleted'),
      ['Content-Type: text/rfc822-headers', '', 'Subject: asked-for-receipt'],
    ],
    {
      text: 'was deleted unread',
      structure:
        'multipart/report(text/plain message/disposition-notification text/rfc822-headers)',
      attachments: ['message/disposition-notification', 'text/rfc822-headers'],
      words: ['asked-for-receipt'],
    },
  ),
  message('a request for a receipt', {
    header: [
      'Disposition-Notification-To: Anna Muster <anna@example.org>',
      'Return-Receipt-To: anna-receipt@example.org',
    ],
    body: ['please confirm'],
    headerWords: ['anna-receipt@example.org'],
  }),
  multipart(
    'a complaint',
    'report; report-type=feedback-report',
    [
      plainPart('spam report'),
      ['Content-Type: message/feedback-report', '', 'Feedback-Type: abuse', 'Version: 1'],
      returned('by the complaint'),
    ],
    {
      text: 'spam report',
      structure: 'multipart/report(text/plain message/feedback-report message/rfc822(text/plain))',
      attachments: ['message/feedback-report', 'message/rfc822'],
      words: ['original by the complaint'],
    },
  ),
  message('a bounce in prose', {
    wholeHeader: [
      'From: MAILER-DAEMON@example.org',
      'To: me@example.test',
      'Subject: failure notice',
    ],
    body: [
      'Hi. This is the mail-send program at example.org.',
      '',
      '<gone@example.org>:',
      'Sorry, no mailbox here by that name.',
      '',
      '--- Below this line is a copy of the message.',
    ],
    from: ['MAILER-DAEMON@example.org'],
    subject: 'failure notice',
    words: ['failure notice'],
  }),
  message('a report of TLS', {
    header: [
      'TLS-Report-Domain: example.test',
      'Content-Type: multipart/report; report-type="tlsrpt"; boundary=b',
    ],
    body: parts('b', plainPart('aggregate'), [
      'Content-Type: application/tlsrpt+gzip; name="r.json.gz"',
      'Content-Transfer-Encoding: base64',
      '',
      'H4sIAAAA',
    ]),
    text: 'aggregate',
    structure: 'multipart/report(text/plain application/tlsrpt+gzip)',
    attachments: ['r.json.gz'],
  }),
  message('a report of DMARC', {
    header: [
      'Content-Type: application/gzip; name="example.org!example.test!1767500000!1767586400.xml.gz"',
      'Content-Disposition: attachment',
      'Content-Transfer-Encoding: base64',
    ],
    body: ['H4sIAAAA'],
    text: [],
    structure: 'application/gzip',
    attachments: ['example.org!example.test!1767500000!1767586400.xml.gz'],
  }),
  message('an automatic answer', {
    header: ['Auto-Submitted: auto-replied', 'Precedence: bulk', 'X-Auto-Response-Suppress: All'],
    body: ['out of office until Monday'],
    words: ['out of office until Monday'],
  }),
]
