import { toNfc } from '@gatepost/mime'

/** For comparing without regard to case: what is stored and what is looked for go through the same folding. */
export function foldText(text: string): string {
  return toNfc(text).toLowerCase()
}
