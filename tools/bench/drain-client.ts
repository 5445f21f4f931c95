/** A thread with an IMAP client that fetches everything and throws it away: nothing of it disturbs the thread that measures. */
import { connect } from 'node:tls'
import { workerData, type MessagePort } from 'node:worker_threads'

interface Start {
  readonly port: number
  readonly commands: readonly string[]
  readonly done: MessagePort
}

const { port, commands, done } = workerData as Start
const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
let next = 0
let tail = ''
let bytes = 0
socket.on('data', (data: Buffer) => {
  bytes += data.length
  tail = (tail + data.toString('latin1')).slice(-200)
  if (next > 0 && !new RegExp(`(?:^|\\r\\n)d${next} OK .*\\r\\n$`).test(tail)) return
  const command = commands[next]
  if (command === undefined) {
    socket.destroy()
    done.postMessage(bytes, [])
    done.close()
    return
  }
  next += 1
  tail = ''
  socket.write(`d${next} ${command}\r\n`)
})
