import { beforeAll, beforeEach, describe, test } from 'vitest';

describe('all', () => {
  beforeAll(() => { throw new Error('no database'); });
  test('first victim', () => {});
  describe('inner', () => {
    test('second victim', () => {});
  });
  test.skip('skipped anyway', () => {});
});
describe('each', () => {
  beforeEach(() => { throw new Error('no table'); });
  test('fails by its hook', () => {});
});
test('beside', () => {});
