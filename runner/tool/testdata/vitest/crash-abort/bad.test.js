import { test } from 'vitest';

test('before', () => {});
test('aborts', () => process.abort());
test('after', () => {});
