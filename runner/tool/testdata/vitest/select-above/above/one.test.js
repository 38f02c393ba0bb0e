import { test } from 'vitest';

test('x', () => { throw new Error('not selected'); });
test('y', () => {});
