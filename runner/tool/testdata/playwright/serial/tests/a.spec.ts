import { test, expect } from '@playwright/test';

test.describe.serial('steps', () => {
  test('one', () => {});
  test('two', () => { expect(1).toBe(2); });
  test('three', () => {});
});
test('apart', () => {});
