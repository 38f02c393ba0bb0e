import { test } from 'vitest';

test('fails', () => { throw new Error('here'); });
