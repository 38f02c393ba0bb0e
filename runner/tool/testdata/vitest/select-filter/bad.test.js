import { describe, test } from 'vitest';

describe('cart', () => {
  test('adds', () => {});
  test('removes', () => { throw new Error('not selected'); });
});
test('adds nothing', () => {});
test.skip('adds later', () => {});
