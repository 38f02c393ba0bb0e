'use strict';
const { test, describe, it, before, after, beforeEach } = require('node:test');
const assert = require('node:assert');

describe('together', { concurrency: true }, () => {
  it('slow', async () => { await new Promise((done) => setTimeout(done, 1e4)); });
  it('quick', () => {});
  it('kills', async () => { await new Promise((done) => setTimeout(done, 50)); process.exit(1); });
});
