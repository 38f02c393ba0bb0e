import { test, expect } from '@playwright/test';

test('one', () => {});
throw new Error('thrown while the file was loaded');
