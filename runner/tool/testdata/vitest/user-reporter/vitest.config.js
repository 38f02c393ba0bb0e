import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { reporters: ['./reporter.js'] },
});
