import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['both.test.ts'],
    typecheck: { enabled: true, include: ['both.test.ts', 'types.test-d.ts'] },
  },
});
