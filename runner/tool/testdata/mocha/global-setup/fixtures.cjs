'use strict';
exports.mochaGlobalSetup = async () => { throw new Error('can not set up'); };
