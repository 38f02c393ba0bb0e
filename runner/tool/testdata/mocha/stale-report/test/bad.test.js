'use strict';
it('never ends', () => process.exit(0));
