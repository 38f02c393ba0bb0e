import { describe, test } from 'vitest';

describe('a "suite"', () => {
  test("it's 'quoted' \"twice\"", () => {});
  test('two\nlines', () => {});
  test('\u{1f600} emoji \u00e9', () => {});
  test('back\\slash and $dollar', () => {});
  test('a > b :: c', () => {});
  test('', () => {});
  test.each([[1, 2], [3, 4]])('%i and %i', () => {});
});
