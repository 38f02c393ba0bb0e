import { test, expect } from '@playwright/test';

test.describe('login', () => {
  test('works', () => {});
  test('fails', () => { throw new Error('not selected'); });
});
