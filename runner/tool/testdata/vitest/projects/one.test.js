import { test } from 'vitest';

test('alone', () => {});
