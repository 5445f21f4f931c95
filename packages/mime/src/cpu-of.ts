/** Some systems count CPU time in steps of ten milliseconds. */
const measuredMicroseconds = 100_000

/** For tests that compare two sizes of input: the CPU time of one run, in microseconds of this thread, whatever else the machine does. */
export function cpuOf(work: () => unknown): number {
  const before = process.threadCpuUsage()
  for (let runs = 1; ; runs += 1) {
    work()
    const { user, system } = process.threadCpuUsage(before)
    if (user + system >= measuredMicroseconds) return (user + system) / runs
  }
}
