'use strict';
before(() => { throw new Error('this hook is taken back with its file'); });
describe('a', () => {
  describe.skip('inner', () => {
    throw new TypeError('in a body');
  });
});
