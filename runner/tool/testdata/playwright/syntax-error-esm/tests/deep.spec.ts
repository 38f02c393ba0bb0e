import { test, expect } from '@playwright/test';

import './deep.js';

test('one', () => {});
