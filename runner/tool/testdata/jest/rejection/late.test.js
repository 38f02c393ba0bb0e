test('leaves a promise', async () => { Promise.reject(new Error('nobody waits')); await null; });
test('after', () => {});
