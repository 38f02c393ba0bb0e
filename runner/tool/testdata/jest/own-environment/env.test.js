test('first', () => { expect(started).toBe(1); });
test('second', () => { expect(started).toBe(2); });
