import { test } from 'vitest';

test.only('alone', () => {});
test('beside', () => {});
