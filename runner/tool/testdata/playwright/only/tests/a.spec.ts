import { test, expect } from '@playwright/test';

test.only('this', () => {});
test('not that', () => { throw new Error('not selected'); });
