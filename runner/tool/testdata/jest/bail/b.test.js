test('waits', () => new Promise((done) => { setTimeout(done, 4000); }));
