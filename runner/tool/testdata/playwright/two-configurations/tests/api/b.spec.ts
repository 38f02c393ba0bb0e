import { test, expect } from '@playwright/test';

test('api', ({}, info) => { expect(info.config.metadata.which).toBe('api'); });
