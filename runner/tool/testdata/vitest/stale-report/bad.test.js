import { test } from 'vitest';

test('fails now', () => { throw new Error('now'); });
