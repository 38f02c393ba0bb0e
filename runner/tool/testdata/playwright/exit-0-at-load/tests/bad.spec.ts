import { test, expect } from '@playwright/test';

test('one', () => {});
process.exit(0);
