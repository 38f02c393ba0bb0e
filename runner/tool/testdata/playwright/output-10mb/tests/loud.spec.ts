import { test, expect } from '@playwright/test';

test('loud', () => { process.stdout.write('x'.repeat(10 << 20)); });
test('loud and wrong', () => {
  process.stdout.write('y'.repeat(1 << 20));
  throw new Error('z'.repeat(10 << 20));
});
