import { test, expect } from '@playwright/test';

test.describe.configure({ mode: 'parallel' });

for (let i = 0; i < 5; i++) test(`test ${i}`, () => { expect(i).not.toBe(3); });
