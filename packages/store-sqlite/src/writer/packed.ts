import { DefaultDeserializer, DefaultSerializer } from 'node:v8'
import { isMarkedAsUntransferable } from 'node:worker_threads'

/** A value as bytes, so that a thread between two others hands it on without reading it. Large memory stays beside, to be transferred. */
export interface Packed {
  readonly bytes: Uint8Array
  readonly large: readonly Uint8Array[]
}

/** What is smaller is as well copied. */
const minLargeBytes = 65_536
/** How a view is written: within the bytes, or as its place among the large ones. */
const inBytes = 0
const beside = 1

/** `value`: plain data; its views are all of bytes. */
export function pack(value: unknown): Packed {
  const packer = new Packer()
  packer.writeHeader()
  packer.writeValue(value)
  return { bytes: packer.releaseBuffer(), large: packer.large }
}

/** What `pack` was given. Small views share the memory of `bytes`. */
export function unpack({ bytes, large }: Packed): unknown {
  const unpacker = new Unpacker(bytes, large)
  unpacker.readHeader()
  return unpacker.readValue()
}

/** The memory that need not be copied on its way to another thread. */
export function transferable({ bytes, large }: Packed): ArrayBuffer[] {
  const buffers = new Set([bytes, ...large].map(({ buffer }) => buffer))
  return [...buffers].filter(
    (buffer) => buffer instanceof ArrayBuffer && !isMarkedAsUntransferable(buffer),
  ) as ArrayBuffer[]
}

// The names of the hooks are Node's: https://nodejs.org/api/v8.html#serializer_writehostobjectobject
class Packer extends DefaultSerializer {
  readonly large: Uint8Array[] = []

  _writeHostObject(view: ArrayBufferView): void {
    if (!(view instanceof Uint8Array)) throw new TypeError('a view of something else than bytes')
    const isLarge = view.byteLength >= minLargeBytes
    this.writeUint32(isLarge ? beside : inBytes)
    this.writeUint32(isLarge ? this.large.length : view.byteLength)
    if (isLarge) this.large.push(view)
    else this.writeRawBytes(view)
  }
}

class Unpacker extends DefaultDeserializer {
  readonly #large: readonly Uint8Array[]

  constructor(bytes: Uint8Array, large: readonly Uint8Array[]) {
    super(bytes)
    this.#large = large
  }

  _readHostObject(): Uint8Array {
    const place = this.readUint32()
    const number = this.readUint32()
    if (place === inBytes) return this.readRawBytes(number)
    const view = this.#large[number]
    if (view === undefined) throw new Error('memory that is not beside the packed value')
    return view
  }
}
