'use strict';
describe('dies', () => {
  it('passed before', () => {});
  it('dies', () => { process.abort(); });
  it('comes later', () => {});
});
