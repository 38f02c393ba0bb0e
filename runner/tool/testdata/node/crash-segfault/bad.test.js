'use strict';
const { test, describe, it, before, after, beforeEach } = require('node:test');
const assert = require('node:assert');

test('before', () => {});
test('crashes', async () => {
  process.kill(process.pid, 'SIGSEGV');
  await new Promise(() => setInterval(() => {}, 1000));
});
