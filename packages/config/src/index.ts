export { ConfigError, type ConfigProblem } from './config-error.ts'
export { loadConfig, type ConfigSources } from './load-config.ts'
