import { afterAll, describe, test } from 'vitest';

describe('suite', () => {
  afterAll(() => { throw new Error('left open'); });
  test('passes', () => {});
});
