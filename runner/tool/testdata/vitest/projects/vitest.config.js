import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'one', include: ['both.test.js', 'one.test.js'], env: { WHO: 'one' } } },
      { test: { name: 'two', include: ['both.test.js'], env: { WHO: 'two' } } },
    ],
  },
});
