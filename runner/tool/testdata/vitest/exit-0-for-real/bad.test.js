import { test } from 'vitest';

test('before', () => {});
test('leaves', () => process.reallyExit(0));
test('after', () => {});
