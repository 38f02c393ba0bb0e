'use strict';
it('left, too', () => {});
