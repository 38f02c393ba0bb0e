'use strict';
describe('slow', () => { it('spins', () => { for (;;) ; }); });
it('comes first', () => {});
