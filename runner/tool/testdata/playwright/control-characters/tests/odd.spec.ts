import { test, expect } from '@playwright/test';

test('nul \u0000 escape \u001b[31m bell \u0007', () => { console.log('\u0000\u001b[2J'); });
test('fails', () => {
  process.stdout.write(Buffer.from([0xff, 0xfe, 0x80, 10]));
  throw new Error('raw \u0000 \u001b[0m \ud800 end');
});
