'use strict';
it('is left, too', () => {});
