test('before', () => {});

describe('outer', () => {
  test('inside', () => {});
  throw new Error('in the body');
});
