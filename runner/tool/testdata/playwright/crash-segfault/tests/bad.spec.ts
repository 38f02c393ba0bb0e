import { test, expect } from '@playwright/test';

test('before', () => {});
test('crashes', async () => {
  process.kill(process.pid, 'SIGSEGV');
  await new Promise(() => setInterval(() => {}, 1000));
});
test('after', () => {});
