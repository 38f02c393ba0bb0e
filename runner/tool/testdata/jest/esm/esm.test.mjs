import { jest } from '@jest/globals';

test('is a module', () => { expect(import.meta.url).toMatch(/esm\.test\.mjs$/); expect(jest).toBeDefined(); });
