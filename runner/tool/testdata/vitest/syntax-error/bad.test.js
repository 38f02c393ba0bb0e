import { test } from 'vitest';

test('before', () => {});
test('broken', () => {
  const x = (1 + ;
});
