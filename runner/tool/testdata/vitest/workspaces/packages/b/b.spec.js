import { test } from 'vitest';

test('of b', () => { throw new Error('b'); });
