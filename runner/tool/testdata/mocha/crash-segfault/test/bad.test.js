'use strict';
describe('dies', () => {
  it('passed before', () => {});
  it('dies', () => { process.kill(process.pid, 'SIGSEGV'); for (;;) ; });
  it('comes later', () => {});
});
