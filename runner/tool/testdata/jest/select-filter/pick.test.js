describe('cart', () => {
  test('adds', () => {});
  test('removes', () => { throw new Error('not asked for'); });
});
test('cart > adds twice', () => {});
