'use strict';
exports['a suite'] = { 'passes': () => {}, 'fails': () => { throw new Error('no'); } };
