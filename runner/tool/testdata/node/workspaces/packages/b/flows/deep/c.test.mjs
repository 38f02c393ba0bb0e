import { test } from 'node:test';
import assert from 'node:assert';
test('flow', () => assert.ok(globalThis.ready));
