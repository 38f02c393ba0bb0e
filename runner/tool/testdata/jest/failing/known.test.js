test.failing('known', () => { throw new Error('known'); });
test.failing('mended', () => {});
