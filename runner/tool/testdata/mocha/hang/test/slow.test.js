'use strict';
it('hangs', (done) => { setInterval(() => {}, 1000); }).timeout(0);
it('comes later', () => {});
