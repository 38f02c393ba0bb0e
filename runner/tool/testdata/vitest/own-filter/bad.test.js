import { describe, test } from 'vitest';

describe('cart', () => {
  test('adds', () => {});
  test('removes', () => { throw new Error('left out by the project'); });
});
test('cart adds', () => {});
