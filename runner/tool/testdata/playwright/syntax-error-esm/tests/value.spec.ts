import { test, expect } from '@playwright/test';

throw 'a string';
