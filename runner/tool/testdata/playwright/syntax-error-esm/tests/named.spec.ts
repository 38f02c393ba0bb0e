import { test, expect } from '@playwright/test';

import { missing } from './helper.js';

test('one', () => { expect(missing).toBe(1); });
