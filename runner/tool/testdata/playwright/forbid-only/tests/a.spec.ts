import { test, expect } from '@playwright/test';

test.only('this', () => {});
