import { expect, test } from 'vitest';

test('healthy', () => {
  expect(1).toBe(1);
});
