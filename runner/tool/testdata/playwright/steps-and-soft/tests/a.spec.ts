import { test, expect } from '@playwright/test';

test('in a step', async () => {
  await test.step('open the cart', async () => { await test.step('count', () => { expect([1, 2]).toEqual([1, 3]); }); });
});
test('soft', () => {
  expect.soft('one').toBe('two');
  expect.soft(3).toBe(4);
});
test.fail('fails as it said', () => { expect(1).toBe(2); });
test.fail('passes though it should fail', () => {});
