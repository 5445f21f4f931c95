import { expect, it } from 'vitest'

import { Progress } from './progress.ts'

class Terminal {
  readonly isTTY: boolean
  readonly columns: number
  text = ''

  constructor(isTTY: boolean, columns = 80) {
    this.isTTY = isTTY
    this.columns = columns
  }

  write(text: string): void {
    this.text += text
  }
}

it('draws a line over and over, ten times a second at most, and takes it away', () => {
  const terminal = new Terminal(true)
  let now = 0
  {
    using progress = new Progress(terminal, () => now)
    progress.show('import', 0, 100)
    progress.show('import', 10, 100)
    now = 150
    progress.show('import', 50, 100)
    progress.show('import', 100, 100)
  }
  expect(terminal.text.split('\r').map((line) => line.replace('\u001b[K', ''))).toEqual([
    '',
    'import [------------------------]   0 %',
    'import [############------------]  50 %',
    'import [########################] 100 %',
    '',
  ])
})

it('says only what it does when it is not known how much there is, and keeps to the width', () => {
  const terminal = new Terminal(true, 10)
  using progress = new Progress(terminal, () => 0)
  progress.show('pages of the database', 0, 0)
  expect(terminal.text).toBe('\rpages of \u001b[K')
})

it('writes nothing where nobody looks', () => {
  const pipe = new Terminal(false)
  {
    using progress = new Progress(pipe)
    progress.show('import', 1, 2)
  }
  expect(pipe.text).toBe('')
})
