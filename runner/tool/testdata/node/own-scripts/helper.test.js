'use strict';
const assert = require('assert');

module.exports = (a, b) => assert.strictEqual(a, b);
