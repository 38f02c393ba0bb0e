import { test as base } from '@playwright/test';

const test = base.extend<{ before: number; after: number }, { worker: number; torn: number }>({
  before: async ({}, use) => { throw new Error('the fixture broke'); },
  after: async ({}, use) => { await use(1); throw new Error('its teardown broke'); },
  worker: [async ({}, use) => { throw new Error('the worker fixture broke'); }, { scope: 'worker' }],
  torn: [async ({}, use) => { await use(1); throw new Error('the worker teardown broke'); }, { scope: 'worker' }],
});
test('before', ({ before }) => {});
test('after', ({ after }) => {});
test('worker', ({ worker }) => {});
test('torn', ({ torn }) => {});
test('healthy', () => {});
