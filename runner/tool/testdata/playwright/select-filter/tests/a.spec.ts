import { test, expect } from '@playwright/test';

test.describe('Login', () => {
  test('works', () => {});
  test('fails', () => {});
});
test('logout works', () => {});
test('other', () => {});
