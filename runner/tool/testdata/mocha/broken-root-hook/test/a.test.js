'use strict';
it('a', () => {});
before(() => { throw new Error('no server'); });
