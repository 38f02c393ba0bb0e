import { test, expect } from '@playwright/test';

test('before', () => {});
test('waits', async () => { await new Promise(() => {}); });
test('after', () => {});
