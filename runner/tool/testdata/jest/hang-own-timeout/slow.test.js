test('waits', () => new Promise(() => {}), 200);

test('after', () => {});

describe('with a hook', () => {
  beforeAll(() => new Promise(() => {}), 200);
  test('victim', () => {});
});
