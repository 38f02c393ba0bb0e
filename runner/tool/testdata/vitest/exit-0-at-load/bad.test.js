import { test } from 'vitest';

test('never known', () => {});
process.exit(0);
