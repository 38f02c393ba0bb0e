import { defineConfig } from '@playwright/test';
import { existsSync } from 'node:fs';

// Debian's, since the tests download nothing.
const browser = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find((file) => existsSync(file));

export default defineConfig({
  testDir: './tests',
  workers: 1,
  use: { launchOptions: { executablePath: browser, args: ['--no-sandbox'] } },
});
