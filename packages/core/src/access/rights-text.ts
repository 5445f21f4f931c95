import type { Right, Rights } from '../model/access.ts'
import { allRights } from './rights-on.ts'

/** RFC 4314 section 2.1, in the order of `allRights`. */
const letters = 'lrswipkxtea'

/** `lrs`. */
export function writeRights(rights: Rights): string {
  return [...allRights].map((right, at) => (rights.has(right) ? letters[at] : '')).join('')
}

/** Undefined: a letter that stands for no right. */
export function readRights(text: string): Rights | undefined {
  const all = [...allRights]
  const rights = new Set<Right>()
  for (const letter of text) {
    const right = all[letters.indexOf(letter)]
    if (right === undefined) return undefined
    rights.add(right)
  }
  return rights
}
