'use strict';
it('fails', () => { throw new Error('no'); });
