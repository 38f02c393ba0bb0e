'use strict';
const { test, describe, it, before, after, beforeEach } = require('node:test');
const assert = require('node:assert');

test('one', { skip: true }, () => {});
test('two', { skip: 'no time' }, () => {});
test.skip('three');
describe.skip('suite', () => { it('four', () => {}); });
test('five', (t) => { t.skip('later'); });
