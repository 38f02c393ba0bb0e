import { test, expect } from '@playwright/test';

test('before', () => {});
test('aborts', () => { process.abort(); });
test('after', () => {});
