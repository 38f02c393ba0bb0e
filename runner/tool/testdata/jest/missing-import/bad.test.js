const first = 1;
const gone = require('./gone');

test('never', () => { expect(gone).toBe(first); });
