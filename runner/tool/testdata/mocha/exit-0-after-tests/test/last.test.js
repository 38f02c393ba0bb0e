'use strict';
after(() => process.exit(0));
it('passes', () => {});
