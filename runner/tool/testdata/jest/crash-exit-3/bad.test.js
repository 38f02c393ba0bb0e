test('before', () => {});

test('ends it', () => {
  process.exit(3);
});

test('after', () => {});
