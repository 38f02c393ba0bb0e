test('fails later', () => { setTimeout(() => { throw new Error('too late'); }, 50); });
test('waits', () => new Promise((done) => { setTimeout(done, 300); }));
