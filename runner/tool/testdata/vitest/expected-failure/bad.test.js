import { test } from 'vitest';

test.fails('is known to fail', () => {
  throw new Error('known');
});
test.fails('was mended', () => {});
