import { test, expect } from '@playwright/test';

test('not that', ( => {});
