import { defineConfig } from 'vitest/config';

const include = ['healthy', 'odd'].map((name) => `**/${name}*/**/*.js`);

export default defineConfig({
  test: { include: [...include, 'healthy.test.js'] },
});
