await Promise.resolve();
it('waited', () => {});
