import { describe, test } from 'vitest';

test('beside', () => {});
describe('suite', () => {
  test('inside', () => {});
  throw new Error('in the body');
});
