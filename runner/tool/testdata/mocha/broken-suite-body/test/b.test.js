'use strict';
describe('b', () => {
  it('stands on its own', function () {
    if (this.test.fullTitle() !== 'b stands on its own') throw new Error(this.test.fullTitle());
  });
});
it('so does this', () => {});
