const { existsSync } = require('fs');

test('before', async () => {
  while (!existsSync('other-began')) await new Promise((done) => { setTimeout(done, 20); });
}, 60000);

test('spins', () => { for (;;); });

test('after', () => {});
