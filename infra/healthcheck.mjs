// Exit code 0 when the server in this container answers /healthz.
import { get } from 'node:http'

const request = get('http://127.0.0.1:8081/healthz', { timeout: 3000 }, (response) => {
  response.resume()
  process.exitCode = response.statusCode === 200 ? 0 : 1
})
request.on('timeout', () => request.destroy(new Error('no answer')))
request.on('error', () => {
  process.exitCode = 1
})
