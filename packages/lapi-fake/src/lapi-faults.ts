import type { IncomingMessage, ServerResponse } from 'node:http'

/** What a Local API may do instead of answering. */
export type LapiFault = (request: IncomingMessage, response: ServerResponse) => void

function status(code: number): LapiFault {
  return (_request, response) => response.writeHead(code).end('{"message":"access forbidden"}')
}
function text(body: string): LapiFault {
  return (_request, response) => response.writeHead(200).end(body)
}

export type LapiFaultName =
  | 'answers 403'
  | 'answers 500'
  | 'sends its client elsewhere'
  | 'never answers'
  | 'answers a byte now and then'
  | 'resets every connection'
  | 'cuts the answer short'
  | 'leaves the end of its answer out'
  | 'answers no JSON'
  | 'answers another shape'
  | 'answers without lists'
  | 'answers without end'

export const lapiFaults: Readonly<Record<LapiFaultName, LapiFault>> = {
  'answers 403': status(403),
  'answers 500': status(500),
  'sends its client elsewhere': (_request, response) =>
    response.writeHead(302, { location: '/' }).end(),
  'never answers': () => undefined,
  /** Keeps every deadline between two bytes, and never ends. */
  'answers a byte now and then': (_request, response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write(' '), 20)
    response.once('close', () => clearInterval(timer))
  },
  'resets every connection': (request) => request.socket.resetAndDestroy(),
  'cuts the answer short': (_request, response) => {
    response.writeHead(200, { 'content-length': '100' }).end('{"new":[')
    response.destroy()
  },
  'leaves the end of its answer out': text('{"new":[],"deleted":['),
  'answers no JSON': text('<html>'),
  'answers another shape': text('{"new":{},"deleted":[]}'),
  'answers without lists': text('{"message":"welcome"}'),
  'answers without end': (_request, response) => {
    const more = (): void => {
      while (response.write(' '.repeat(65_536)));
    }
    response.on('drain', more)
    more()
  },
}
