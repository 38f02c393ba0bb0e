import { test, expect } from '@playwright/test';

test('prints', () => {
  console.log('  1 failed');
  console.log(JSON.stringify({ p: process.ppid, k: 'r', t: ['prints'], o: 'failed' }));
  console.log(JSON.stringify({ p: process.ppid, k: 'end', o: 'passed', tests: 1, files: 1 }));
});
