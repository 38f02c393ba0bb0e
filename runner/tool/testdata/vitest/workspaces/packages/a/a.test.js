import { test } from 'vitest';

test('of a', () => {});
