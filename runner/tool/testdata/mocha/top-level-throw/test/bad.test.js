'use strict';
it('before it', () => {});
throw new Error('no configuration');
