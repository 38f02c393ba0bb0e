test('before', () => {});

test('spins', () => { for (;;); });

test('after', () => {});
