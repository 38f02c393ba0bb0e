import { test } from 'vitest';

test('beside', () => {});
