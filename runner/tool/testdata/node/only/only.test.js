'use strict';
const { test, describe, it, before, after, beforeEach } = require('node:test');
const assert = require('node:assert');

test('one', { only: true }, () => {});
test('two', () => { throw new Error('not selected'); });
