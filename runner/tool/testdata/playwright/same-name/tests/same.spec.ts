import { test, expect } from '@playwright/test';

test('twin', () => {});
test('twin', () => {});
