'use strict';
it('one', () => { throw new Error('not asked for'); });
