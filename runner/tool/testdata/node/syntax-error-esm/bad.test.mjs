import { test } from 'node:test';
test('never', () => { const = 1; });
