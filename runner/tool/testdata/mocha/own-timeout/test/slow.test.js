'use strict';
it('is too slow', (done) => { setTimeout(done, 60000).unref(); });
it('runs after it', () => {});
