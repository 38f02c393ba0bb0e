import { test } from 'vitest';

import 'not-installed-anywhere';

test('needs it', () => {});
