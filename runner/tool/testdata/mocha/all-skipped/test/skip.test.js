'use strict';
it.skip('one', () => {});
it('two has no body');
describe.skip('three', () => { it('inner', () => {}); });
it('four', function () { this.skip(); });
describe('five', () => { before(function () { this.skip(); }); it('inner', () => {}); });
