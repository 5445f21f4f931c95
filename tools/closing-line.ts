import type { Reporter, TestModule } from 'vitest/node'

/** Says why each skipped test was skipped, then one plain last line: `N passed, N failed, N skipped`. */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    const reasons: string[] = []
    for (const module of modules) {
      if (module.state() === 'failed' && module.children.size === 0) count.failed += 1
      for (const test of module.children.allTests()) {
        const result = test.result()
        count[result.state] += 1
        if (result.state === 'skipped')
          reasons.push(`skipped: ${test.fullName} (${result.note ?? 'no reason given'})`)
      }
    }
    // The default reporter writes its summary in the same tick: this line has to be the last one.
    process.once('exit', () => {
      for (const reason of reasons) console.log(reason)
      console.log(
        `${count.passed} passed, ${count.failed + count.pending} failed, ${count.skipped} skipped`,
      )
    })
  }
}
