import { test, expect } from '@playwright/test';

test('signs out', () => {});
