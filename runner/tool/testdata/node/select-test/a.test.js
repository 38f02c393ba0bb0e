'use strict';
const { test, describe, it, before, after, beforeEach } = require('node:test');
const assert = require('node:assert');

describe('A', () => {
  it('x', () => {});
  it('y', () => { throw new Error('not selected'); });
});
describe('B', () => { it('x', () => { throw new Error('not selected'); }); });
test('P', async (t) => {
  await t.test('x', () => {});
  await t.test('y', () => { throw new Error('not selected'); });
});
test('twin', () => { throw new Error('not selected'); });
test('twin', () => {});
