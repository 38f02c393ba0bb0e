'use strict';
const { test, describe, it, before, after, beforeEach } = require('node:test');
const assert = require('node:assert');

test('fails', { todo: 'one day' }, () => { throw new Error('not yet'); });
test.todo('unwritten');
test('well', () => {});
