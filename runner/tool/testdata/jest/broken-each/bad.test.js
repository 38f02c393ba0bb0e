describe('before', () => {
  beforeEach(() => { throw new Error('no table'); });
  test('never runs', () => {});
});
describe('after', () => {
  afterEach(() => { throw new Error('not removed'); });
  test('ran', () => {});
  test('failed', () => { expect(1).toBe(2); });
});
test('beside', () => {});
