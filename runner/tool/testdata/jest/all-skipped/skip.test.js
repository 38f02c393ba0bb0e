test.skip('one', () => {});

describe.skip('group', () => {
  beforeAll(() => { throw new Error('never runs'); });
  test('two', () => {});
});
