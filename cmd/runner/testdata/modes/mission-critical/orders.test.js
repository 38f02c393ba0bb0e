const { test } = require('node:test');
const assert = require('node:assert');
const { execFileSync } = require('node:child_process');

test('the database answers', () => {
  assert.equal(execFileSync('psql', [process.env.DATABASE_URL, '-XAtq', '-c', 'select 6 * 7'], { encoding: 'utf8' }).trim(), '42');
});
