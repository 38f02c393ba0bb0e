test('fails', () => { throw new Error('in a thread'); });
