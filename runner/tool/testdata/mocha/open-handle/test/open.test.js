'use strict';
it('leaves a server open', (done) => { require('node:net').createServer().listen(0, '127.0.0.1', done); });
