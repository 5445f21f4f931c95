// What the compose test says to the server, from the host, from containers and from outside. Prints one line.
//   node client.mjs greeting HOST PORT                    the first line that the server says
//   node client.mjs deliver HOST PORT TO                  a mail over SMTP: the last reply
//   node client.mjs received HOST PORT USER PASSWORD      JMAP over TLS: the Received field of the newest mail
//   node client.mjs fail HOST PORT COUNT                  wrong passwords over SMTP with TLS: the last reply
//   node client.mjs attack HOST PORT MXPORT               the same until the port MXPORT refuses: what it said
//   node client.mjs http METHOD URL                       status and media type, or (closed)
//   node client.mjs lines URL                             lines of JSON, without the frames that Docker puts around them
//   node client.mjs reach HOST PORT                       open or closed
import { randomBytes } from 'node:crypto'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { connect as connectTls } from 'node:tls'

const selfSigned = { rejectUnauthorized: false }
const deadlineMs = 60_000
const unreachableMs = 1000

/** Lines of a server over a socket; `(closed)` when there are no more, also after a reset. */
function talkOver(socket) {
  socket.on('error', () => socket.destroy())
  const input = createInterface({ input: socket })[Symbol.asyncIterator]()
  const line = () =>
    input.next().then(
      ({ value }) => value ?? '(closed)',
      () => '(closed)',
    )
  return {
    line,
    /** RFC 5321 section 4.2.1: the last line of a reply has a space after its code. */
    reply: async () => {
      let text = await line()
      while (/^\d{3}-/.test(text)) text = await line()
      return text
    },
    say: (text) => socket.write(`${text}\r\n`),
    close: () => socket.destroy(),
  }
}

async function greeting(host, port) {
  const { line, close } = talkOver(connect({ host, port: Number(port) }))
  const first = await line()
  close()
  return first
}

async function deliver(host, port, to) {
  const { reply, say, close } = talkOver(connect({ host, port: Number(port) }))
  const commands = [
    'EHLO client.example',
    'MAIL FROM:<someone@example.org>',
    `RCPT TO:<${to}>`,
    'DATA',
    'From: someone@example.org\r\nSubject: compose\r\n\r\nhello\r\n.',
  ]
  let text = await reply()
  for (const command of commands) {
    if (!/^[23]/.test(text)) break
    say(command)
    text = await reply()
  }
  close()
  return text
}

async function fail(host, port, count) {
  let answer = ''
  for (let tries = 1; tries <= Number(count); tries += 1) {
    const socket = connectTls({ host, port: Number(port), ...selfSigned })
    const { reply, say, close } = talkOver(socket)
    await reply()
    say('EHLO client.example')
    await reply()
    say(
      `AUTH PLAIN ${Buffer.from(`\0me@example.test\0${randomBytes(8).toString('hex')}`).toString('base64')}`,
    )
    answer = await reply()
    close()
  }
  return answer
}

async function attack(host, port, mxPort) {
  let first = await greeting(host, mxPort)
  // A decision may also cut the connection that waits for its greeting.
  while (!first.startsWith('5')) {
    await fail(host, port, 1)
    first = await greeting(host, mxPort)
  }
  return first
}

async function http(method, url) {
  return call(url, { method }).then(
    ({ status, type }) => `${status} ${type}`,
    () => '(closed)',
  )
}

async function lines(url) {
  return (await call(url, {})).body.replaceAll(/^[^{]*/gm, '')
}

async function received(host, port, user, password) {
  const auth = `${user}:${password}`
  const base = `https://${host}:${port}`
  const session = JSON.parse((await call(`${base}/.well-known/jmap`, { auth })).body)
  const accountId = session.primaryAccounts['urn:ietf:params:jmap:mail']
  const newest = { '#ids': { resultOf: 'q', name: 'Email/query', path: '/ids' } }
  const sort = [{ property: 'receivedAt', isAscending: false }]
  const body = JSON.stringify({
    using: ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail'],
    methodCalls: [
      ['Email/query', { accountId, sort, limit: 1 }, 'q'],
      ['Email/get', { accountId, ...newest, properties: ['header:Received'] }, 'g'],
    ],
  })
  // The session names the server by its public name, which only this host's files know.
  const answer = await call(`${base}${new URL(session.apiUrl).pathname}`, {
    auth,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  return JSON.parse(answer.body).methodResponses[1][1].list[0]['header:Received'].replaceAll(
    /\s+/g,
    ' ',
  )
}

function call(url, { body, ...options }) {
  const request = url.startsWith('https:') ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    request(url, { ...options, ...selfSigned, agent: false }, (response) => {
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode,
          type: response.headers['content-type'] ?? '-',
          body: Buffer.concat(chunks).toString(),
        }),
      )
    })
      .on('error', reject)
      .end(body)
  })
}

function reach(host, port) {
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) })
    const end = (word) => {
      socket.destroy()
      resolve(word)
    }
    socket.setTimeout(unreachableMs, () => end('closed'))
    socket.once('connect', () => end('open'))
    socket.once('error', () => end('closed'))
  })
}

setTimeout(() => {
  console.error(`gave up after ${deadlineMs / 1000} s`)
  process.exit(1)
}, deadlineMs).unref()

const [action, ...args] = process.argv.slice(2)
const actions = { greeting, deliver, received, fail, attack, http, lines, reach }
console.log(await actions[action](...args))
process.exit(0)
