'use strict';
describe('a', () => {
  it('one', () => {});
  it('two', () => { throw new Error('not asked for'); });
});
describe('one more', () => { it('x', () => {}); });
