/** What is kept in the order of its last use: a map, or a set, whose values are its keys. */
interface Kept<K, V> {
  readonly size: number
  entries(): Iterable<[K, V]>
  delete(key: K): boolean
}

/** Those at the front go while there are more than `most`, and those that are over. */
export function forgetOldest<K, V>(
  kept: Kept<K, V>,
  most: number,
  isOver: (value: V) => boolean = () => false,
): void {
  for (const [key, value] of kept.entries()) {
    if (kept.size <= most && !isOver(value)) return
    kept.delete(key)
  }
}
