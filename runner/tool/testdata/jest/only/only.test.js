test.only('this one', () => {});
test('not this one', () => { throw new Error('never runs'); });
