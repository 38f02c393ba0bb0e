'use strict';
describe('s', () => {
  it('same', () => {});
  it('same', () => { throw new Error('the second'); });
});
describe('s', () => { it('same', () => {}); });
