import { test } from 'vitest';

test('before', () => {});
test('spins', () => { for (;;); }, 500);
test('after', () => {});
