require('node:test').test('needs nothing', () => {});
