import { test, expect } from '@playwright/test';

test('healthy', () => { expect(1).toBe(1); });
