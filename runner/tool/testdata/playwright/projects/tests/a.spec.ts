import { test, expect } from '@playwright/test';

test.describe('login', () => { test('works', ({}, info) => { expect(info.project.name).toBe('desktop'); }); });
