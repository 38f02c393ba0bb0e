const assert = require('assert');

test('node asserts', () => { assert.deepStrictEqual({ a: 1 }, { a: 2 }); });
test('a string', () => { throw 'only text'; });
test('an object', () => { throw { code: 7 }; });
test('nothing', () => { throw undefined; });
test('a cause', () => { throw new Error('outer', { cause: new Error('inner') }); });
test('too few', () => { expect.assertions(1); });
