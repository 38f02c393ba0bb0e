test('last', () => {});
