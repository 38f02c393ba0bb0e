'use strict';
const { test, describe, it, before, after, beforeEach } = require('node:test');
const assert = require('node:assert');

after(() => process.exit(0));
test('first', () => {});
test('second', () => {});
