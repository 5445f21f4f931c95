import { describeSearchlessMailStore, PostgresServer } from '@gatepost/testkit'
import { afterAll, beforeEach } from 'vitest'

import { openFixture, TestDatabases } from './postgres-fixture.ts'

const databases = new TestDatabases()

beforeEach((context) => PostgresServer.require(context))
afterAll(() => databases[Symbol.asyncDispose]())

describeSearchlessMailStore('postgres', () => openFixture(databases))
