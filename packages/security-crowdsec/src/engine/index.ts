export { downConvert, needsDownConversion } from './down-convert.ts'
export { engineEnvironment, findEngine, unpackedEngineFolder, type Engine } from './find-engine.ts'
export { freePort } from './free-port.ts'
export { startEngine, type RunningEngine, type StartEngineOptions } from './start-engine.ts'
