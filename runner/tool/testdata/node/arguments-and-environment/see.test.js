'use strict';
const { test, describe, it, before, after, beforeEach } = require('node:test');
const assert = require('node:assert');

const fs = require('node:fs');
const out = process.env.SEE;
delete process.env.SEE;
test('sees', () => {
  const seen = {
    argv: process.argv, execArgv: process.execArgv, env: { ...process.env }, stack: new Error('here').stack.split('\n').length,
    cache: Object.keys(require.cache), paths: Object.keys(require('node:module')._pathCache).length,
    child: JSON.parse(require('node:child_process').execFileSync(process.execPath, ['-p', 'JSON.stringify([process.argv, process.execArgv, process.env])'], { encoding: 'utf8' })),
  };
  if (out) fs.writeFileSync(out, JSON.stringify(seen, null, 1));
  assert.ok(!JSON.stringify(seen).includes('preload.cjs'));
});
