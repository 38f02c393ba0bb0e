test.each([[1, 1], [2, 3]])('%i is %i', (a, b) => { expect(a).toBe(b); });
describe.each(['x', 'y'])('letter %s', () => { test('is one', () => {}); });
