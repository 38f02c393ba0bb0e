'use strict';
describe('all', () => {
  after(() => { throw new Error('can not drop'); });
  it('passed before', () => {});
});
describe('each', () => {
  afterEach(() => { throw new Error('can not clear'); });
  it('passed', () => {});
  it('never starts', () => {});
});
describe('each, the last', () => {
  afterEach(() => { throw new Error('can not clear'); });
  it('passed too', () => {});
});
