import { test, expect } from '@playwright/test';

test.describe('group', () => {
  test('one', () => {});
  test('two', () => {});
});
test('alone', () => {});
test('alone too', () => { throw new Error('not selected'); });
