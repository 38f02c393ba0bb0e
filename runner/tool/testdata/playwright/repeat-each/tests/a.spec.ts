import { test, expect } from '@playwright/test';

let runs = 0;
test('again', ({}, info) => { expect(info.repeatEachIndex).not.toBe(1); });
