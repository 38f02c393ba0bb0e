const { test } = require('node:test');
const assert = require('node:assert');
const { execFileSync } = require('node:child_process');

const say = (...argv) => execFileSync(argv[0], argv.slice(1), { encoding: 'utf8' }).trim();

test('orders are kept', () => {
  const sql = 'create table orders (n int); insert into orders values (7); select n from orders; drop table orders';
  assert.equal(say('psql', process.env.DATABASE_URL, '-XAtq', '-c', sql), '7');
});

test('sessions are cached', () => {
  assert.equal(say('redis-cli', '-u', process.env.REDIS_URL, 'set', 'session', 'ada'), 'OK');
  assert.equal(say('redis-cli', '-u', process.env.REDIS_URL, 'get', 'session'), 'ada');
});
