import { test } from 'vitest';

test('found by vitest alone', () => {});
