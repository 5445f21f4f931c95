import { message, type CorpusMessage } from '../corpus-message.ts'
import { htmlPart, multipart, parts, plainPart } from './multipart.ts'

const pgpSignature = [
  'Content-Type: application/pgp-signature; name="signature.asc"',
  'Content-Description: OpenPGP digital signature',
  '',
  '-----BEGIN PGP SIGNATURE-----',
  '',
  'wsB5BAABCAAjFiEE',
  '-----END PGP SIGNATURE-----',
]
const smimeSignature = [
  'Content-Type: application/pkcs7-signature; name=smime.p7s',
  'Content-Transfer-Encoding: base64',
  'Content-Disposition: attachment; filename=smime.p7s',
  '',
  'MIIGCSqGSIb3',
]
const invitation = (method: string, uid: string): string[] => [
  `Content-Type: text/calendar; charset="utf-8"; method=${method}`,
  '',
  'BEGIN:VCALENDAR',
  `METHOD:${method}`,
  'BEGIN:VEVENT',
  `UID:${uid}@example.org`,
  'SUMMARY:Planning',
  'END:VEVENT',
  'END:VCALENDAR',
]

/** Signed and encrypted mail. */
export const protectedMail: readonly CorpusMessage[] = [
  multipart(
    'signed by OpenPGP',
    'signed; micalg=pgp-sha512; protocol="application/pgp-signature"',
    [plainPart('signed by me'), pgpSignature],
    {
      text: 'signed by me',
      structure: 'multipart/signed(text/plain application/pgp-signature)',
      attachments: ['signature.asc'],
      words: ['signed by me'],
    },
  ),
  multipart(
    'encrypted by OpenPGP',
    'encrypted; protocol="application/pgp-encrypted"',
    [
      ['Content-Type: application/pgp-encrypted', '', 'Version: 1'],
      [
        'Content-Type: application/octet-stream; name="encrypted.asc"',
        'Content-Disposition: inline; filename="encrypted.asc"',
        '',
        '-----BEGIN PGP MESSAGE-----',
        '',
        'hQEMA',
        '-----END PGP MESSAGE-----',
      ],
    ],
    {
      text: [],
      structure: 'multipart/encrypted(application/pgp-encrypted application/octet-stream)',
      attachments: ['application/pgp-encrypted', 'encrypted.asc'],
    },
  ),
  message('clear-signed in the text', {
    body: [
      '-----BEGIN PGP SIGNED MESSAGE-----',
      'Hash: SHA256',
      '',
      '- -- dash escaped',
      '-----BEGIN PGP SIGNATURE-----',
      '',
      'iQEz',
      '-----END PGP SIGNATURE-----',
    ],
    words: ['dash escaped'],
  }),
  multipart(
    'signed by S/MIME',
    'signed; protocol="application/pkcs7-signature"; micalg=sha-256',
    [
      [
        'Content-Type: multipart/alternative; boundary=in',
        '',
        ...parts('in', plainPart('certified'), htmlPart('<p>certified</p>')),
      ],
      smimeSignature,
    ],
    {
      text: 'certified',
      structure:
        'multipart/signed(multipart/alternative(text/plain text/html) application/pkcs7-signature)',
      attachments: ['smime.p7s'],
    },
  ),
  message('an S/MIME envelope', {
    header: [
      'Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m',
      'Content-Disposition: attachment; filename=smime.p7m',
      'Content-Transfer-Encoding: base64',
    ],
    body: ['MIIBpwYJKoZI'],
    text: [],
    structure: 'application/pkcs7-mime',
    attachments: ['smime.p7m'],
  }),
  multipart(
    'a protected subject',
    'encrypted; protocol="application/pgp-encrypted"',
    [
      ['Content-Type: application/pgp-encrypted', '', 'Version: 1'],
      ['Content-Type: application/octet-stream', '', '-----BEGIN PGP MESSAGE-----'],
    ],
    {
      header: [
        'Subject: ...',
        'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b"',
      ],
      subject: '...',
      text: [],
      structure: 'multipart/encrypted(application/pgp-encrypted application/octet-stream)',
      attachments: ['application/pgp-encrypted', 'application/octet-stream'],
    },
  ),
  message('a DKIM signature of many lines', {
    header: [
      'DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org;',
      '\ts=sel; h=from:to:subject;',
      '\tbh=frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=;',
      '\tb=dzdVyOfAKCdLXdJOc9G2q8LoXSlEniSbav+yuU4zGeeruD00lszZ',
    ],
    body: ['dkim signed'],
    words: ['dkim signed'],
  }),
]

/** Invitations and the answers to them. */
export const calendar: readonly CorpusMessage[] = [
  multipart(
    'an invitation',
    'alternative',
    [
      plainPart('you are invited'),
      htmlPart('<p>invited</p>'),
      invitation('REQUEST', 'event-request'),
    ],
    {
      text: 'you are invited',
      structure: 'multipart/alternative(text/plain text/html text/calendar)',
      attachments: ['text/calendar'],
      words: ['event-request'],
    },
  ),
  multipart(
    'an acceptance',
    'alternative',
    [plainPart('I come'), invitation('REPLY', 'event-reply')],
    {
      text: 'I come',
      structure: 'multipart/alternative(text/plain text/calendar)',
      attachments: ['text/calendar'],
      words: ['event-reply'],
    },
  ),
  message('an invitation alone', {
    header: [
      'Content-Type: text/calendar; charset=utf-8; method=CANCEL; name=meeting.ics',
      'Content-Transfer-Encoding: base64',
      'Content-class: urn:content-classes:calendarmessage',
    ],
    body: ['QkVHSU46VkNBTEVOREFSDQpVSUQ6Y2FuY2VsbGVkLWV2ZW50DQpFTkQ6VkNBTEVOREFSDQo='],
    text: [],
    structure: 'text/calendar',
    attachments: ['meeting.ics'],
    words: ['cancelled-event'],
  }),
  multipart(
    'an invitation twice',
    'mixed',
    [
      [
        'Content-Type: multipart/alternative; boundary=in',
        '',
        ...parts('in', plainPart('twice invited'), invitation('REQUEST', 'event-double')),
      ],
      [
        'Content-Type: application/ics; name="invite.ics"',
        'Content-Disposition: attachment; filename="invite.ics"',
        '',
        'BEGIN:VCALENDAR',
      ],
    ],
    {
      text: 'twice invited',
      structure: 'multipart/mixed(multipart/alternative(text/plain text/calendar) application/ics)',
      attachments: ['text/calendar', 'invite.ics'],
      words: ['event-double'],
    },
  ),
  multipart(
    'a card',
    'mixed',
    [
      plainPart('my card'),
      [
        'Content-Type: text/x-vcard; charset=utf-8; name="anna.vcf"',
        'Content-Disposition: attachment; filename="anna.vcf"',
        '',
        'BEGIN:VCARD',
        'FN:Änna',
        'END:VCARD',
      ],
    ],
    {
      text: 'my card',
      structure: 'multipart/mixed(text/plain text/x-vcard)',
      attachments: ['anna.vcf'],
      words: ['FN:Änna'],
    },
  ),
]
