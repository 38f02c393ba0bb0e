import { test } from '@playwright/test';

test.describe('a > b', () => { test('c', () => {}); });
test.describe('a', () => { test('b > c', () => { throw new Error('the other one'); }); });
