'use strict';
it('is too early', () => { setImmediate(() => { throw new Error('too late'); }); });
afterEach((done) => { setTimeout(done, 100); });
it('comes after it', () => {});
