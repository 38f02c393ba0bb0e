import { test } from 'vitest';

test('never known', () => {});
process.abort();
