export { openTestStore, type TestStore, type TestStoreOptions } from './open-test-store.ts'
