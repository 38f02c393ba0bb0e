'use strict';
describe('bad', () => {
  it('never', () => {});
});
const x = ;
