test('before', () => {});

test('ends it', () => {
  process.abort();
});

test('after', () => {});
