import { test } from 'vitest';

import { nothing } from './not-there.js';

test('needs it', () => {
  nothing();
});
