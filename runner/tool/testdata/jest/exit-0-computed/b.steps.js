test('before it', () => {});
