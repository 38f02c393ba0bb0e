import { describe, test } from 'vitest';

test('twin', () => {});
test('twin', () => { throw new Error('the second'); });
describe('suite', () => {
  for (const n of [1, 2, 3]) test('each', () => { if (n === 2) throw new Error('the middle one'); });
});
