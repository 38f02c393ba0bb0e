import { test, expect } from '@playwright/test';

test('ui', ({}, info) => { expect(info.config.metadata.which).toBe('ui'); });
