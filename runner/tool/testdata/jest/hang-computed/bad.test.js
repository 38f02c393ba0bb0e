test('never ends', () => new Promise(() => {}), 1e8);
