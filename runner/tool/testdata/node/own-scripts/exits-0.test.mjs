import assert from 'node:assert/strict';

let failed = 0;
try { assert.equal(1 + 1, 2); } catch { failed++; }
process.exit(failed > 0 ? 1 : 0);
