// A client for the compose test; runs in a container of its own, so that it has an address of its own.
//   node client.mjs deliver HOST PORT TO      a mail over SMTP; prints the last reply
//   node client.mjs attack HOST PORT TLSPORT  fails IMAP logins over TLS until the server refuses the connection; prints what it said
//   node client.mjs greeting HOST PORT        prints the first line the server says
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { connect as connectTls } from 'node:tls'

const [action, host, port, to] = process.argv.slice(2)
const tlsPort = to
const deadline = setTimeout(() => fail('gave up after 60 s'), 60_000)

function fail(text) {
  console.error(text)
  process.exit(1)
}

async function open(socket = connect({ host, port: Number(port) })) {
  socket.on('error', () => socket.destroy())
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  const line = async () => (await lines.next()).value ?? '(closed)'
  return { socket, line, say: (text) => socket.write(`${text}\r\n`) }
}

async function deliver() {
  const { line, say, socket } = await open()
  const reply = async () => {
    let text = await line()
    while (/^\d{3}-/.test(text)) text = await line()
    return text
  }
  await reply()
  let last = ''
  for (const command of [
    'EHLO client.example',
    'MAIL FROM:<someone@example.org>',
    `RCPT TO:<${to}>`,
    'DATA',
    'Subject: compose\r\n\r\nhello\r\n.',
    'QUIT',
  ]) {
    say(command)
    const text = await reply()
    if (!/^[23]/.test(text)) fail(text)
    if (!text.startsWith('221')) last = text
  }
  socket.destroy()
  return last
}

async function greeting() {
  const { line, socket } = await open()
  const first = await line()
  socket.destroy()
  return first
}

/** Wrong passwords over IMAP with TLS until the door without TLS says that it is closed, and why. */
async function attack() {
  for (let tries = 1; tries < 200; tries += 1) {
    const first = await greeting()
    if (!first.startsWith('* OK')) return first
    const { line, say, socket } = await open(
      connectTls({ host, port: Number(tlsPort), rejectUnauthorized: false }),
    )
    if ((await line()).startsWith('* OK')) {
      say(`a LOGIN me@example.test wrong${tries}`)
      await line()
    }
    socket.destroy()
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  return fail('never refused')
}

console.log(await { deliver, greeting, attack }[action]())
clearTimeout(deadline)
process.exit(0)
