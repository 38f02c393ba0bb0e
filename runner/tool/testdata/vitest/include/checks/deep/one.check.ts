import { test } from 'vitest';

test('in a place of its own', () => {});
