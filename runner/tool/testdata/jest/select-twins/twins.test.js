test('same', () => { throw new Error('the first'); });
test('same', () => {});
