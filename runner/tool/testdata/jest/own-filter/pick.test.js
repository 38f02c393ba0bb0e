test('fast one', () => {});
test('slow one', () => { throw new Error('not asked for'); });
