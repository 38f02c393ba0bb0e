import { test, expect } from '@playwright/test';

test.describe('all', () => {
  test.beforeAll(() => { throw new Error('beforeAll broke'); });
  test('first victim', () => {});
  test('second victim', () => {});
  test.describe('inner', () => { test('third victim', () => {}); });
});
test.describe('each', () => {
  test.beforeEach(() => { throw new Error('beforeEach broke'); });
  test('victim', () => {});
});
test.describe('after', () => {
  test.afterEach(() => { throw new Error('afterEach broke'); });
  test('ran', () => {});
});
test.describe('after all', () => {
  test.afterAll(() => { throw new Error('afterAll broke'); });
  test('ran', () => {});
  test('ran last', () => {});
});
test('healthy', () => {});
