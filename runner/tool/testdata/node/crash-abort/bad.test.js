'use strict';
const { test, describe, it, before, after, beforeEach } = require('node:test');
const assert = require('node:assert');

test('before', () => {});
test('aborts', () => process.abort());
test('after', () => {});
