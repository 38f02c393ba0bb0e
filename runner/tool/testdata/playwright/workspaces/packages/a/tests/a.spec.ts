import { test, expect } from '@playwright/test';

test('of a', () => {});
