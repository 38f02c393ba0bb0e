test('fails', () => { throw new Error('in a worker'); });
