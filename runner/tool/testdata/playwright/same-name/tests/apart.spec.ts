import { test, expect } from '@playwright/test';

for (const group of ['one', 'other']) test.describe(group, () => { test('twin', () => {}); });
