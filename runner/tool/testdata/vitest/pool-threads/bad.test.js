import { expect, test } from 'vitest';

test('passes', () => {});
test('fails', () => {
  expect([1]).toEqual([2]);
});
test('left out', () => { throw new Error('not selected'); });
