import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    maxWorkers: 2,
    minWorkers: 2,
    projects: [
      { test: { name: 'one', pool: 'forks', include: ['both.test.js'], env: { SIDE: 'a' } } },
      { test: { name: 'two', pool: 'forks', include: ['both.test.js'], env: { SIDE: 'b' } } },
    ],
  },
});
