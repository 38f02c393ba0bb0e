import { test } from 'vitest';

// One side dies while the other is in its midst.
test('before', () => {});
test('ends one side', async () => {
  if (process.env.SIDE === 'b') process.kill(process.pid, 'SIGKILL');
  await new Promise((done) => { setTimeout(done, 1500); });
});
test('after', () => {});
