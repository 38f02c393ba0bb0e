import { test, expect } from '@playwright/test';

test('alone', () => { throw new Error('not selected'); });
