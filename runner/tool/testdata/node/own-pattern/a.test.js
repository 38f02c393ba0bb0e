'use strict';
const { test, describe, it, before, after, beforeEach } = require('node:test');
const assert = require('node:assert');

test('fast one', () => {});
test('slow one', () => { throw new Error('not selected'); });
test('fast two', () => { throw new Error('not selected'); });
