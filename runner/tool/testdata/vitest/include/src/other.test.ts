import { test } from 'vitest';

test('not asked for by the project', () => { throw new Error('never'); });
