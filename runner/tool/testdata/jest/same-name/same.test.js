test('same', () => {});
test('same', () => { throw new Error('the second'); });
describe('group', () => { test('same', () => {}); });
describe('group', () => { test('same', () => {}); });
// Other titles, and the same name once they are joined.
describe('a > b', () => { test('c', () => {}); });
describe('a', () => { test('b > c', () => { throw new Error('the second'); }); });
