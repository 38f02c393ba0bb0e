import { test } from 'vitest';

test('passes', () => {});
test('left out', () => { throw new Error('not selected'); });
