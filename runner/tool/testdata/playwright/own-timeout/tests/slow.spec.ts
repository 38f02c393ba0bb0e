import { test, expect } from '@playwright/test';

test('waits', async () => { await new Promise(() => {}); });
test('after', () => {});
