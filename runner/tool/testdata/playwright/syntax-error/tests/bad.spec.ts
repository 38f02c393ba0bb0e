import { test, expect } from '@playwright/test';

test('one', ( => { expect(1).toBe(1); });
