/** The message inside `oddMessages.encoded`. */
export const innerMessage = 'Subject: deep\r\n\r\nhidden pearl'

/** Messages that are read wrongly by many programs, as their lines in Latin-1: what they say is the same over every protocol. */
export const oddMessages: Readonly<
  Record<'japanese' | 'boundary' | 'header' | 'encoded' | 'related' | 'fields', readonly string[]>
> = {
  japanese: [
    'Subject: =?iso-2022-jp?B?GyRCRnxLXDhsGyhC?= =?ISO-2022-JP?B?GyRCJWEhPCVrGyhC?=',
    'From: =?iso-2022-jp?B?GyRCRnxLXDhsGyhC?= =?iso-2022-jp?B?GyRCJWEhPCVrGyhC?= <a@x.test>',
    'Content-Type: text/plain; charset=hz-gb-2312',
    '',
    '~{VPND~}',
  ],
  boundary: ['Content-Type: multipart/mixed; boundary=other', '', '--b', '', 'lost words', '--b--'],
  header: ['X-Header: qwertyuiop', '', 'text'],
  encoded: [
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    '',
    'cover',
    '--b',
    'Content-Type: message/rfc822',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from(innerMessage).toString('base64'),
    '--b--',
  ],
  related: [
    'Content-Type: multipart/related; boundary=b; start="<root@x>"',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'p {}',
    '--b',
    'Content-Type: text/html',
    'Content-ID: <root@x>',
    '',
    '<meta charset=koi8-r><p>\u00f0</p>',
    '--b--',
  ],
  fields: ['To: <@r.test:a@x.test>', 'To: b@x.test', 'Subject: =?x-own?Q?=E4?=', '', 'nul\0nul'],
}
