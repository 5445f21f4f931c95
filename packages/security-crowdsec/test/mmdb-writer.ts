/** A database in mmdb format 2.0 with one record per IPv4 network, in an IPv6 tree as the usual files have it. */
export function mmdbFile(records: Readonly<Record<string, object>>): Buffer {
  const root: Node = {}
  for (const [network, record] of Object.entries(records)) insert(root, network, record)
  const nodes: Node[] = []
  number(root, nodes)
  const data: Buffer[] = []
  let offset = 0
  const pointers = new Map<object, number>()
  for (const record of Object.values(records)) {
    const bytes = encode(record)
    pointers.set(record, nodes.length + 16 + offset)
    offset += bytes.length
    data.push(bytes)
  }
  const tree = Buffer.alloc(nodes.length * 8)
  for (const [index, node] of nodes.entries())
    for (const bit of [0, 1] as const) {
      const child = node[bit]
      const value =
        child === undefined
          ? nodes.length
          : child.record === undefined
            ? nodes.indexOf(child)
            : (pointers.get(child.record) ?? 0)
      tree.writeUInt32BE(value, index * 8 + bit * 4)
    }
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000,
    database_type: 'Test',
    ip_version: 6,
    node_count: nodes.length,
    record_size: 32,
  })
  const marker = Buffer.from('abcdef4d61784d696e642e636f6d', 'hex')
  return Buffer.concat([tree, Buffer.alloc(16), ...data, marker, metadata])
}

interface Node {
  0?: Node
  1?: Node
  record?: object
}

function insert(root: Node, network: string, record: object): void {
  const [address = '', prefix = '32'] = network.split('/')
  const bits =
    '0'.repeat(96) +
    address
      .split('.')
      .map((part) => Number(part).toString(2).padStart(8, '0'))
      .join('')
  let node = root
  for (const bit of bits.slice(0, 96 + Number(prefix))) node = node[bit === '1' ? 1 : 0] ??= {}
  node.record = record
}

function number(node: Node, nodes: Node[]): void {
  nodes.push(node)
  for (const child of [node[0], node[1]])
    if (child !== undefined && child.record === undefined) number(child, nodes)
}

/** Types 7 (map), 2 (text) and 6 (number of 32 bits), which is all that is needed here. */
function encode(value: unknown): Buffer {
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(5)
    bytes[0] = (6 << 5) | 4
    bytes.writeUInt32BE(value, 1)
    return bytes
  }
  if (typeof value === 'string')
    return Buffer.concat([Buffer.from([(2 << 5) | Buffer.byteLength(value)]), Buffer.from(value)])
  const entries = Object.entries(value as object)
  return Buffer.concat([
    Buffer.from([(7 << 5) | entries.length]),
    ...entries.flatMap(([key, item]) => [encode(key), encode(item)]),
  ])
}
