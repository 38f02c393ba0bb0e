import { test, expect } from '@playwright/test';

process.abort();
test('one', () => {});
