import assert from 'node:assert';

interface Pair { left: number; right: number }

describe('typed', () => {
  it('adds', () => {
    const p: Pair = { left: 1, right: 2 };
    assert.strictEqual(p.left + p.right, 3);
  });
  it('fails', () => { assert.strictEqual(1 as number, 2); });
});
