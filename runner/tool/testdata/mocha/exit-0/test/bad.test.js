'use strict';
describe('dies', () => {
  it('passed before', () => {});
  it('dies', () => { process.exit(0); });
  it('comes later', () => {});
});
