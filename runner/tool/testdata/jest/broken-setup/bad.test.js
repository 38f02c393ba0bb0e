describe('with a database', () => {
  beforeAll(() => { throw new Error('no database'); });
  test('first', () => {});
  test('second', () => {});
});

test('beside', () => {});
