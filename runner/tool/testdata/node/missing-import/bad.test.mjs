import { test } from 'node:test';
import gone from 'no-such-package';
test('never', gone);
