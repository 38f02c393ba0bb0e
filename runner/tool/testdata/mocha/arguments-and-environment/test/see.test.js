'use strict';
const assert = require('node:assert');
const fs = require('node:fs');

const out = process.env.SEE;
delete process.env.SEE;
it('sees', () => {
  const seen = {
    argv: process.argv, execArgv: process.execArgv, env: { ...process.env }, stack: new Error('here').stack.split('\n').length,
    cache: Object.keys(require.cache).sort(), listeners: process.eventNames().map((n) => [String(n), process.listenerCount(n)]),
    child: JSON.parse(require('node:child_process').execFileSync(process.execPath, ['-p', 'JSON.stringify([process.argv, process.execArgv, process.env])'], { encoding: 'utf8' })),
  };
  delete seen.env.MOCHA_WORKER_ID; // which of the workers it is, is chance
  delete seen.child[2].MOCHA_WORKER_ID;
  if (out) fs.writeFileSync(out, JSON.stringify(seen, null, 1));
  assert.ok(!JSON.stringify(seen).includes('preload.cjs'));
});
