import { test, expect } from '@playwright/test';

test.describe('a "suite"', () => {
  test("it's 'quoted' \"twice\"", () => {});
  test('two\nlines', () => {});
  test('\u{1f600} emoji \u00e9', () => {});
  test('back\\slash and $dollar', () => {});
  test('a > b :: c', () => {});
  test('brackets [2]', () => {});
  test('', () => {});
});
