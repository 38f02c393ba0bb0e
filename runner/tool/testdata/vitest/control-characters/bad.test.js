import { test } from 'vitest';

test('prints \u0007\u0000 and fails', () => {
  process.stdout.write(Buffer.from([0x00, 0x1b, 0x5b, 0xff, 0xfe, 0x0a]));
  throw new Error('bell \u0007 nul \u0000 escape \u001b half \ud800');
});
test('passes', () => {});
