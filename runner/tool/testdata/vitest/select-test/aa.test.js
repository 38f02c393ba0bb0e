import { test } from 'vitest';

test('part of its name was asked for', () => { throw new Error('not selected'); });
