import { test, expect } from '@playwright/test';

test('before', () => {});
test('waits', async () => {
  test.setTimeout(0);
  await new Promise((done) => setTimeout(done, 1e6));
});
test('after', () => {});
