import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['checks/**/*.check.ts'], environment: 'node' },
});
