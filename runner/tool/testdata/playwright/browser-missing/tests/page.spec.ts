import { test, expect } from '@playwright/test';

test('a page is shown', async ({ page }) => { await page.setContent('<p>hello</p>'); });
test('no page is needed', () => {});
