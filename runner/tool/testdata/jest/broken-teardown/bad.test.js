afterAll(() => { throw new Error('not closed'); });

test('ran', () => {});
