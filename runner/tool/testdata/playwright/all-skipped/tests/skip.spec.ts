import { test, expect } from '@playwright/test';

test.skip('never', () => { throw new Error('it ran'); });
test('within', () => { test.skip(true, 'no printer here'); });
test.fixme('to be mended', () => { throw new Error('it ran'); });
test.describe('a group', () => {
  test.skip(({ browserName }) => browserName === 'chromium', 'not on chromium');
  test('of it', () => {});
});
