import type { EmailCondition } from '@gatepost/core'
import { foldText } from '@gatepost/store-model'

/** Of one text: as many as tell it apart; more would only cost. */
const maxTrigramsPerText = 16
/** Of the whole expression: beyond it the texts are looked through as they are. */
const maxTexts = 32

/**
 * An FTS5 expression over trigrams that every email matching the condition matches too: what it finds has to be looked at closer.
 * Undefined when the condition can be met without any text, or by texts too short to tell.
 */
export function ftsExpression(condition: EmailCondition): string | undefined {
  const counter = { texts: 0 }
  const expression = expressionOf(condition, counter)
  return counter.texts > maxTexts ? undefined : expression
}

function expressionOf(condition: EmailCondition, counter: { texts: number }): string | undefined {
  if (condition.kind === 'and')
    return joined(
      condition.of.flatMap((one) => expressionOf(one, counter) ?? []),
      ' AND ',
    )
  if (condition.kind === 'or') {
    const parts = condition.of.map((one) => expressionOf(one, counter))
    const known = parts.flatMap((part) => part ?? [])
    return known.length < parts.length ? undefined : joined(known, ' OR ')
  }
  // A certain field: it may be asked for alone, without any text.
  if (!('contains' in condition) || condition.kind === 'header') return undefined
  counter.texts += 1
  return joined(trigramsOf(condition.contains).map(quoted), ' AND ')
}

function joined(parts: readonly string[], between: string): string | undefined {
  return parts.length === 0 ? undefined : `(${parts.join(between)})`
}

function trigramsOf(text: string): string[] {
  const characters = Array.from(foldText(text))
  const trigrams = characters.slice(2).map((_, at) => characters.slice(at, at + 3).join(''))
  // The index has none with NUL.
  const known = trigrams.filter((trigram) => !trigram.includes('\0'))
  return [...new Set(known)].slice(0, maxTrigramsPerText)
}

function quoted(trigram: string): string {
  return `"${trigram.replaceAll('"', '""')}"`
}
