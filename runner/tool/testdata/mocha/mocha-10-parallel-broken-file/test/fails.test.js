'use strict';
it('fails', () => { throw new Error('plainly'); });
it.skip('skipped', () => {});
