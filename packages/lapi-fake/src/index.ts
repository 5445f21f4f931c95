export { FakeLapi, type FakeLapiOptions, type FakeRequest } from './fake-lapi.ts'
export type { FakeDecision, LapiRelease } from './lapi-database.ts'
export { lapiFaults, type LapiFault, type LapiFaultName } from './lapi-faults.ts'
export type { MachineCredentials } from './machine-api.ts'
