import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: './tests',
  workers: 1,
  projects: [{ name: 'setup', testMatch: /.*\.setup\.ts/ }, { name: 'shop', dependencies: ['setup'] }],
});
