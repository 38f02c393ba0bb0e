'use strict';
describe('dies', () => {
  it('passed before', () => {});
  it('dies', () => { process.exit(3); });
  it('comes later', () => {});
});
