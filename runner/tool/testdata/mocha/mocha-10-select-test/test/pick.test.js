'use strict';
describe('a', () => {
  it('one', () => {});
  it('two', () => { throw new Error('not asked for'); });
  describe('deep', () => { it('three', () => {}); it('four', () => {}); });
});
