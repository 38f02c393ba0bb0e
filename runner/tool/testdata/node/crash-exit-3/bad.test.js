'use strict';
const { test, describe, it, before, after, beforeEach } = require('node:test');
const assert = require('node:assert');

test('before', () => {});
test('exits', () => process.exit(3));
test('after', () => {});
