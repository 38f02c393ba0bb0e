import { test } from 'vitest';

test('before', () => {});
test('exits', () => process.exit(0));
test('after', () => {});
