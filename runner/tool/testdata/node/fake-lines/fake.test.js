'use strict';
const { test, describe, it, before, after, beforeEach } = require('node:test');
const assert = require('node:assert');

test('prints', () => {
  console.log('not ok 1 - fake');
  console.log('# fail 7');
  console.log(JSON.stringify({ p: process.pid, k: 'result', id: 1, passed: false }));
  console.log('\u00ff\u000f' + 'binary look-alike');
});
