await new Promise((done) => { setTimeout(done, 100); });
it('is well', () => {});
