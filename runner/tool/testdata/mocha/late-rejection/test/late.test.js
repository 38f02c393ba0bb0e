'use strict';
it('forgets to wait', () => { setTimeout(() => Promise.reject(new Error('unheard')), 10); });
it('is hit by it', (done) => { setTimeout(done, 200); });
