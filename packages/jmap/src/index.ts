export { createJmapDoor, type JmapDoorOptions } from './jmap-door.ts'
export { defaultJmapLimits, type JmapLimits } from './limits.ts'
