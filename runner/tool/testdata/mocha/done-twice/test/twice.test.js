'use strict';
it('says done twice', (done) => { done(); setImmediate(done); });
it('waits', (done) => { setTimeout(done, 200); });
