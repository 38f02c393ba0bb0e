test('same', () => { throw new Error('the first'); });
test('same', () => {});
describe('a > b', () => { test('c', () => { throw new Error('not selected'); }); });
describe('a', () => { test('b > c', () => {}); });
