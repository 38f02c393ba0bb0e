import { test, expect } from '@playwright/test';

test('before', () => {});
test('spins', () => { for (;;); });
test('after', () => {});
