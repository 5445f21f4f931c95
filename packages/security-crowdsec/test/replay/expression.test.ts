import { describe, expect, it } from 'vitest'

import { compile, type Scope } from './expression.ts'

const scope: Scope = {
  evt: { Meta: { user: 'me', kind: 'a' }, StrTime: 'now' },
  queue: { Queue: [{ Meta: { user: 'a' } }, { Meta: { user: 'b' } }] },
  any: ([list, is]: [object[], (item: object) => unknown]) =>
    list.some((item) => is(item) === true),
}

describe('expressions', () => {
  it.each([
    ["evt.Meta.user == 'me'", true],
    ["evt.Meta.nothing == ''", true],
    ["evt.Meta.kind in ['b', 'a']", true],
    ["!(evt.Meta.kind in ['b'])", true],
    ["evt.Meta.user == 'me' && evt.Meta.kind == 'b' || evt.StrTime != ''", true],
    ["evt.Meta.user == 'me' && (evt.Meta.kind == 'b' || evt.StrTime == '')", false],
    ["evt.Meta.user + '@' + evt.StrTime", 'me@now'],
    ["evt.StrTime startsWith 'no'", true],
    ["evt.Meta.kind == 'a' ? 1 : 2", 1],
    ['3 - 1 >= 2', true],
    ["any(queue.Queue, {.Meta.user == 'b'})", true],
    ['any(queue.Queue, {.Meta.user != queue.Queue[0].Meta.user})', true],
    ["any(queue.Queue, {#.Meta.user == 'c'})", false],
    ['evt.Meta.kind in [nil, true]', false],
  ])('%s', (text, expected) => {
    expect(compile(text)(scope)).toBe(expected)
  })

  it.each(['evt ==', "a 'b'", 'a ~ b', '(a', 'a[1', 'f(a'])('does not take %j', (text) => {
    expect(() => compile(text)(scope)).toThrow(SyntaxError)
  })

  it('does not take a function that it does not know', () => {
    expect(() => compile('unknown(evt)')(scope)).toThrow('unknown() is not known here')
  })
})
