import { test, expect } from '@playwright/test';

import { price } from '@shop/price';

test('adds', () => { const sum: number = price(2); expect(sum).toBe(4); });
