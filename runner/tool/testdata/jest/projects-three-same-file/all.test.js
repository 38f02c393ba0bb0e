// The last project is still at it when the first two have ended.
test('in each', async () => { if (globalThis.side === 'c') await new Promise((done) => { setTimeout(done, 1500); }); });
test('in each, later', () => {});
