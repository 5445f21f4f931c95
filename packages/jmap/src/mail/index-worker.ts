import { parentPort } from 'node:worker_threads'

import { indexMessage } from '@gatepost/mime'

// The thread of `IndexThread`: a message in, its index out, and its bytes back.
parentPort?.on('message', (bytes: Uint8Array<ArrayBuffer>) =>
  parentPort?.postMessage({ index: indexMessage(bytes), bytes }, [bytes.buffer]),
)
