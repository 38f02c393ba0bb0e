'use strict';
const { test, describe, it, before, after, beforeEach } = require('node:test');
const assert = require('node:assert');

test('parent', async (t) => {
  await t.test('good', () => {});
  await t.test('bad', () => assert.equal(1, 2));
});
