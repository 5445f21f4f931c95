/** One thing that is wrong, in words for the one who wrote it. */
export interface ConfigProblem {
  /** `gatepost.toml:12`, or the name of an environment variable. */
  readonly where: string
  readonly text: string
}

/** The configuration cannot be used. `message` has a line per problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(({ where, text }) => `${where}: ${text}`).join('\n'))
    this.problems = problems
  }
}
