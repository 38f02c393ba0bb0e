'use strict';
const { test, describe, it, before, after, beforeEach } = require('node:test');
const assert = require('node:assert');

describe('before', () => {
  before(() => { throw new Error('no database'); });
  it('first victim', () => {});
  it('second victim', () => {});
});
describe('before each', () => {
  beforeEach(() => { throw new Error('no table'); });
  it('third victim', () => {});
});
describe('after', () => {
  after(() => { throw new Error('no goodbye'); });
  it('well', () => {});
});
test('well too', () => {});
