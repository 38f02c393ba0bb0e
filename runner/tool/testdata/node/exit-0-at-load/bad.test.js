'use strict';
const { test, describe, it, before, after, beforeEach } = require('node:test');
const assert = require('node:assert');

if (!process.env.NO_SUCH_VARIABLE) process.exit(0);
test('never', () => {});
