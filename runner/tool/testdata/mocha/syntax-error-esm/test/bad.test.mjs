import assert from 'node:assert';

const x = ;
describe('bad', () => { it('never', () => assert.ok(x)); });
