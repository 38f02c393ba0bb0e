import { describe, test } from 'vitest';

describe.concurrent('side by side', () => {
  for (const n of [1, 2, 3, 4]) test(`number ${n}`, async () => {
    await new Promise((done) => setTimeout(done, 30 * (5 - n)));
    if (n === 3) throw new Error('three');
  });
});
