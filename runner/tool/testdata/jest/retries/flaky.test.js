let tries = 0;
jest.retryTimes(2);

test('passes at last', () => { expect(++tries).toBe(3); });
test('never passes', () => { throw new Error('each time'); });
test('at once', () => {});
