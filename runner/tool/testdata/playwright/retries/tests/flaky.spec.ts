import { test, expect } from '@playwright/test';

test('flaky', ({}, info) => { expect(info.retry, 'the first try fails').toBe(1); });
test('always fails', () => { expect(1).toBe(2); });
test('passes at once', () => {});
test.describe('group', () => {
  test.beforeAll(({}, info) => { if (info.retry === 0) throw new Error('not yet'); });
  test('first', () => {});
  test('second', () => {});
});
