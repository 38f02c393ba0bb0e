'use strict';
describe('all', () => {
  before(() => { throw new Error('no database'); });
  it('first', () => {});
  describe('below', () => { it('second', () => {}); });
});
describe('each', () => {
  let n = 0;
  beforeEach(() => { if (++n === 2) throw new Error('no second connection'); });
  it('runs', () => {});
  it('is open', () => {});
  it('never starts', () => {});
});
describe('unharmed', () => { it('passes', () => {}); });
