'use strict';
it('alpha', () => {});
it('beta', () => { throw new Error('not asked for'); });
describe('alpha suite', () => { it('gamma', () => {}); });
