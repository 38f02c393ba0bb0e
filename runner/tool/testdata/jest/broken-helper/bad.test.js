const table = require('./lib/table');

test('never', () => { expect(table).toBe(1); });
