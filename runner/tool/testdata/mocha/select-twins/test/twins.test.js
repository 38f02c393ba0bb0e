'use strict';
it('same', () => { throw new Error('not asked for'); });
it('same', () => {});
it('list [3]', () => {});
describe('a > b', () => { it('c', () => { throw new Error('not selected'); }); });
describe('a', () => { it('b > c', () => {}); });
