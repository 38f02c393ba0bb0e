test('fails', () => { throw new Error('first'); });
test('in the same file', () => {});
