import { test, expect } from '@playwright/test';

import { nowhere } from './nowhere';

test('one', () => { expect(nowhere).toBe(1); });
