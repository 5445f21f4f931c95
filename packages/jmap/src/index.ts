export { createJmapModule, type JmapOptions } from './jmap-module.ts'
export { defaultJmapLimits, type JmapLimits } from './limits.ts'
