'use strict';
describe('healthy', () => {
  it('is well', () => {});
});
