import { test } from 'vitest';

test('x', () => {});
test('y', () => { throw new Error('not selected'); });
