import { expect, test } from 'vitest';

test('runs and is checked', () => {
  expect(1 + 1).toBe(2);
});
test('runs with a wrong type', () => {
  const wrong: string = 1 + 1;
  expect(wrong).toBe(2);
});
