import assert from 'node:assert';
import { it as also } from 'mocha';

describe('esm', () => {
  it('works', () => assert.ok(true));
  also('works, imported', () => {});
  it('fails', () => assert.strictEqual(1, 2));
});
