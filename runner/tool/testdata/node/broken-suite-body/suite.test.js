'use strict';
const { test, describe, it, before, after, beforeEach } = require('node:test');
const assert = require('node:assert');

describe('suite', () => {
  it('known', () => {});
  throw new Error('half a suite');
});
test('well', () => {});
