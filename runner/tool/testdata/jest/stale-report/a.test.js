test('before', () => {});

test('ends it', () => {
  process.exit(0);
});

test('after', () => {});
