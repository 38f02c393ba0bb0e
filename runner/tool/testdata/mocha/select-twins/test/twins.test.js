'use strict';
it('same', () => { throw new Error('not asked for'); });
it('same', () => {});
it('list [3]', () => {});
