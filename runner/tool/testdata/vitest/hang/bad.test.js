import { test } from 'vitest';

test('before', () => {});
test('waits', () => new Promise((done) => setTimeout(done, 600000)), 0);
test('after', () => {});
