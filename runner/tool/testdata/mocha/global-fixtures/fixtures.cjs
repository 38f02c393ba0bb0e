'use strict';
exports.mochaGlobalSetup = () => console.log('SET UP ONCE');
exports.mochaGlobalTeardown = () => { throw new Error('can not tear down'); };
