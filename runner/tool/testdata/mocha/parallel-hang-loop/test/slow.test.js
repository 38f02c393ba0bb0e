'use strict';
describe('slow', () => { it('spins', () => { for (;;) ; }); });
