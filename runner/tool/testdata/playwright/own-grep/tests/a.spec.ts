import { test, expect } from '@playwright/test';

test('quick @smoke', () => {});
test('tagged', { tag: '@smoke' }, () => {});
test('slow', () => { throw new Error('not selected'); });
