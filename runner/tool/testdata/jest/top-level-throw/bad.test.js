test('never', () => {});

throw new TypeError('no table');
