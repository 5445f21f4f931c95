/** Messages for measurements: the same in every run. */
class Random {
  #state = 12_345

  below(limit: number): number {
    this.#state = (this.#state * 1_103_515_245 + 12_345) & 0x7fff_ffff
    return this.#state % limit
  }
}

const random = new Random()
const words = Array.from({ length: 5000 }, () => word(3 + random.below(8)))

function word(length: number): string {
  return Array.from({ length }, () => String.fromCodePoint(97 + random.below(26))).join('')
}

/** Frequent words are frequent. */
function text(bytes: number): string {
  const lines: string[] = []
  for (let size = 0; size < bytes;) {
    const line = Array.from(
      { length: 10 },
      () => words[Math.min(random.below(5000), random.below(5000))],
    ).join(' ')
    lines.push(line)
    size += line.length + 2
  }
  return lines.join('\r\n').slice(0, bytes)
}

const bodies = Array.from({ length: 200 }, () => text(16_384))

/** A plain message of about so many bytes; `number` makes it another one. */
export function plainMessage(number: number, bytes: number): Buffer {
  const header = [
    `From: Sender ${number % 100} <sender${number % 100}@example.org>`,
    'To: Me <me@example.test>',
    `Subject: ${(bodies[number % 200] ?? '').slice(40, 70)} ${number}`,
    `Date: ${new Date(1_700_000_000_000 + number * 60_000).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${number}@example.org>`,
    ...(number % 3 === 0 ? [`In-Reply-To: <${number - 3}@example.org>`] : []),
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    '',
  ].join('\r\n')
  return Buffer.from(
    header + (bodies[number % 200] ?? '').slice(0, Math.max(0, bytes - header.length)),
  )
}

/** About 9 KB: alternatives and an attachment, as mail programs write them. */
export function mixedMessage(number: number): Buffer {
  return Buffer.from(
    [
      `From: =?utf-8?Q?J=C3=B6rg?= <joerg${number % 50}@example.org>`,
      'To: Me <me@example.test>, "You, too" <you@example.test>',
      `Subject: =?utf-8?B?R3LDvMOfZSBhdXMgQmVybGlu?= ${number}`,
      'Date: Mon, 4 Mar 2024 10:00:00 +0100',
      `Message-ID: <mixed-${number}@example.org>`,
      ...Array.from(
        { length: 6 },
        (_, hop) =>
          `Received: from host${hop}.example.org by mx${hop}.example.org with ESMTPS id ${number}${hop};\r\n Mon, 4 Mar 2024 10:00:0${hop} +0100`,
      ),
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary="outer"',
      '',
      '--outer',
      'Content-Type: multipart/alternative; boundary="inner"',
      '',
      '--inner',
      'Content-Type: text/plain; charset=utf-8',
      '',
      text(1500),
      '--inner',
      'Content-Type: text/html; charset=utf-8',
      '',
      `<html><body><p>${text(2500).replaceAll('\r\n', '</p>\r\n<p>')}</p></body></html>`,
      '--inner--',
      '--outer',
      'Content-Type: application/pdf; name="report.pdf"',
      'Content-Disposition: attachment; filename="report.pdf"',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from(text(2600)).toString('base64').replaceAll(/.{76}/g, '$&\r\n'),
      '--outer--',
      '',
    ].join('\r\n'),
  )
}
