'use strict';
const { test, describe, it, before, after, beforeEach } = require('node:test');
const assert = require('node:assert');

test('late', () => { setTimeout(() => { throw new Error('too late'); }, 20); });
test('well', async () => { await new Promise((done) => setTimeout(done, 60)); });
