export type { Door, EndReason, GateConnection, RefusalReason } from './gate-connection.ts'
