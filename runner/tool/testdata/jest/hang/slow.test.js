test('before', () => {});

test('hangs', () => new Promise(() => { setInterval(() => {}, 1000); }), 600000);

test('after', () => {});
