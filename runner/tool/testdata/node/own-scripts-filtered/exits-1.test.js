'use strict';

console.log('not ok: 1 of 2 checks');
process.exit(1);
