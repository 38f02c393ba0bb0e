'use strict';
const { test, describe, it, before, after, beforeEach } = require('node:test');
const assert = require('node:assert');

test('before', () => {});
test('waits', async () => { await new Promise((done) => setTimeout(done, 1e6)); });
test('after', () => {});
