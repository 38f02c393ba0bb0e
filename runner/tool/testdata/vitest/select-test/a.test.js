import { beforeAll, describe, test } from 'vitest';

describe('A', () => {
  test('x', () => {});
  test('y', () => { throw new Error('not selected'); });
});
describe('B', () => {
  beforeAll(() => { throw new Error('no test of this suite is selected'); });
  test('x', () => { throw new Error('not selected'); });
});
describe('P', () => {
  test('one', () => {});
  test('two', () => {});
});
test('twin', () => { throw new Error('not selected'); });
test('twin', () => {});
