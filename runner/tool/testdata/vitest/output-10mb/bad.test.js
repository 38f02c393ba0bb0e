import { test } from 'vitest';

test('prints', { timeout: 60000 }, () => {
  process.stdout.write('x'.repeat(10 << 20));
  console.log('y'.repeat(10 << 20));
});
test('fails', { timeout: 60000 }, () => {
  console.log('z'.repeat(1 << 20));
  throw new Error('w'.repeat(1 << 20));
});
