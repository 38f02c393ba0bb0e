import { expect, test } from 'vitest';
import { add } from './add';

enum Kind { One = 1 }

test('adds', () => {
  expect(add(Kind.One, 2)).toBe(3);
});
test('fails here', () => {
  const wrong: number = add(1, 1);
  expect(wrong).toBe(3);
});
