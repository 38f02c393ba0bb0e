test.concurrent('one', () => new Promise((done) => { setTimeout(done, 30); }));
test.concurrent('two', async () => { throw new Error('in the midst'); });
test('three', () => {});
