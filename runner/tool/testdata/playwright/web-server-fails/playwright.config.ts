import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: './tests',
  workers: 1,
  webServer: { command: 'node server.mjs', url: 'http://127.0.0.1:9/', timeout: 10000 },
});
