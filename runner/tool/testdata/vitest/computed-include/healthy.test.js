import { test } from 'vitest';

test('healthy', () => {});
