test('same', () => {});
test('same', () => { throw new Error('the second'); });
describe('group', () => { test('same', () => {}); });
describe('group', () => { test('same', () => {}); });
