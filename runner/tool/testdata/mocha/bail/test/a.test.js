'use strict';
it('fails', () => { throw new Error('first'); });
it('is left', () => {});
