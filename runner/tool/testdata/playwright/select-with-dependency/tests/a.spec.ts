import { test, expect } from '@playwright/test';

test('one', () => {});
test('two', () => {});
