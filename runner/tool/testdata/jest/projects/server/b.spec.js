test('serves', () => { throw new Error('503'); });
