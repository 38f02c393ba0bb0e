import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: './tests/api',
  workers: 1,
  metadata: { which: 'api' },
});
