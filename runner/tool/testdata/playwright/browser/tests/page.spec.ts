import { test, expect } from '@playwright/test';

test('a page is shown', async ({ page }) => {
  await page.setContent('<button onclick="this.textContent = \'done\'">go</button>');
  await page.getByRole('button').click();
  await expect(page.getByRole('button')).toHaveText('done');
});
test('a locator is not there', async ({ page }) => {
  await page.setContent('<p>nothing</p>');
  await expect(page.getByRole('button')).toBeVisible({ timeout: 300 });
});
