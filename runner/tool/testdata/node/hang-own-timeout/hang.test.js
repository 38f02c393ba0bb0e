'use strict';
const { test, describe, it, before, after, beforeEach } = require('node:test');
const assert = require('node:assert');

test('before', () => {});
test('waits', { timeout: 50 }, async () => { await new Promise((done) => setTimeout(done, 500)); });
test('after', () => {});
