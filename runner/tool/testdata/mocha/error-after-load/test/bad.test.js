'use strict';
setImmediate(() => { throw new Error('nobody waits for this'); });
it('runs all the same', () => {});
