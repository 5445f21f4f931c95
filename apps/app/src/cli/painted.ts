import { styleText } from 'node:util'

const styles = {
  healthy: 'green',
  allow: 'green',
  starting: 'yellow',
  stale: 'yellow',
  off: 'yellow',
  captcha: 'yellow',
  throttle: 'yellow',
  hold: 'magenta',
  down: 'red',
  ban: 'red',
} as const

/** The text in the colour of a word that has one; on a terminal only, and not where NO_COLOR says so. */
export function painted(word: string, text: string = word): string {
  return Object.hasOwn(styles, word) ? styleText(styles[word as keyof typeof styles], text) : text
}
