import { createServer } from 'node:net';
import { defineConfig } from '@playwright/test';

// A port of the kernel's. The workers read this file again and are told by the variable.
const free = () => new Promise<number>((done) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address() as { port: number };
    server.close(() => done(port));
  });
});
process.env.PORT ??= String(await free());
const url = `http://127.0.0.1:${process.env.PORT}/`;

export default defineConfig({
  testDir: './tests',
  use: { baseURL: url },
  webServer: { command: 'node server.mjs', url, reuseExistingServer: false },
});
