'use strict';
const { Test } = require('mocha');
describe('grown', () => {
  before(function () {
    this.test.parent.addTest(new Test('made in a hook', () => {}));
  });
  it('was there', () => {});
});
