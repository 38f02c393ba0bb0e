import { test } from 'vitest';

test('of another package', () => { throw new Error('never'); });
