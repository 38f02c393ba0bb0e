'use strict';
it('never', () => {});
process.abort();
