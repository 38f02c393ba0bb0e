describe('outer', () => {
  beforeAll(() => { global.ready = true; });
  test('one', () => { expect(global.ready).toBe(true); });
  test('two', () => { throw new Error('not asked for'); });
  describe('inner', () => { test('three', () => {}); test('four', () => {}); });
});
describe('other', () => {
  beforeAll(() => { throw new Error('not asked for'); });
  test('one', () => {});
});
