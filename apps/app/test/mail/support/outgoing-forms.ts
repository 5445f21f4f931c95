const text = 'Gr\u00fc\u00dfe aus K\u00f6ln, 10 \u20ac \u2014 \u65e5\u672c\u8a9e'
const longLine = 'wort '.repeat(4000)

interface OutgoingForm {
  readonly name: string
  /** Behind From, To, Date and Message-ID, with LF as line end. */
  readonly content: string
}

/** Mail of which every line is legal, with octets beyond ASCII in bodies alone. */
export const eightBitForms: readonly OutgoingForm[] = [
  { name: 'a text without MIME', content: `Subject: x\n\n${text}\n` },
  {
    name: 'a text of 8 bits',
    content: `MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n.${text}\n.\n..\nFrom here \n`,
  },
  {
    name: 'parts of 8 bits',
    content: `MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b
Content-Transfer-Encoding: 8bit

preamble
--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

${text}
--b
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<p>=C3=A9</p>
--b
Content-Type: application/octet-stream
Content-Transfer-Encoding: 8bit

${text}
--b--
`,
  },
  {
    name: 'a message of 8 bits in another',
    content: `MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=o
Content-Transfer-Encoding: 8bit

--o
Content-Type: message/rfc822
Content-Transfer-Encoding: 8bit

From: a@example.org
Subject: inner
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=i
Content-Transfer-Encoding: 8bit

--i
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

${text}
--i
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: 8bit

<p>${text}</p>
--i--

--o--
`,
  },
]

/** Mail with lines that no server need take, which nothing keeps from being changed. */
export const longForms: readonly OutgoingForm[] = [
  {
    name: 'a line of 20 kB',
    content: `MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n${longLine}\u20ac\n`,
  },
  {
    name: 'a long header field',
    content: `Subject: x\nReferences:${' <0123456789@example.org>'.repeat(60)}\n\nx\n`,
  },
]

export const relaxedDkim: string =
  'DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d=example.test; s=a; h=from:subject; bh=eA==; b=eA==\n'

export const signedForm: string = `MIME-Version: 1.0
Content-Type: multipart/signed; boundary=b; micalg=pgp-sha256; protocol="application/pgp-signature"

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

${text}
--b
Content-Type: application/pgp-signature

signature
--b--
`

export const utf8HeaderForm: string = `Subject: ${text}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n${text}\n`
