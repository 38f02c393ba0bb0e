'use strict';
describe('s', () => {
  it('same', () => {});
  it('same', () => { throw new Error('the second'); });
});
describe('s', () => { it('same', () => {}); });
// Other titles, and the same name once they are joined.
describe('a > b', () => { it('c', () => {}); });
describe('a', () => { it('b > c', () => { throw new Error('the second'); }); });
