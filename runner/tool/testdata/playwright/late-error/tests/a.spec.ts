import { test, expect } from '@playwright/test';

test('late', () => { setTimeout(() => { throw new Error('too late'); }, 300); });
test('waits', async () => { await new Promise((done) => setTimeout(done, 2000)); });
