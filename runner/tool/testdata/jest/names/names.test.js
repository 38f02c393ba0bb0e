test('quotes " and \' and `', () => {});
test('two\nlines', () => {});
test('emoji 🎉 and ümlaut', () => {});
test('a > b', () => {});
test('back\\slash', () => {});
test('', () => {});
test('percent % and $HOME', () => { throw new Error('told'); });
describe('outer ::', () => { test('inner', () => {}); });
