import { test } from 'vitest';

test('defined before', () => {});
throw new Error('at the top');
