import { test, expect } from '@playwright/test';

test('before', () => {});
test('exits', () => { process.exit(0); });
test('after', () => {});
