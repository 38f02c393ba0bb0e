import { test } from 'vitest';

let n = 0;
test('flaky', { retry: 2 }, () => {
  if (n++ < 1) throw new Error('at first');
});
test('never', { retry: 1 }, () => {
  throw new Error('always');
});
