import { test, expect } from '@playwright/test';

import { help } from './helper';

test('one', () => { expect(help).toBe(1); });
