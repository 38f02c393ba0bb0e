import { test } from 'vitest';

test('once', () => {});
