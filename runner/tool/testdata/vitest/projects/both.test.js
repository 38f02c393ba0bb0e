import { expect, test } from 'vitest';

test('runs in each', () => {});
test('only in one', () => {
  expect(process.env.WHO).toBe('one');
});
