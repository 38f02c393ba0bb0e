import { spawn } from 'node:child_process';
import { test } from 'vitest';

test('starts a child', () => {
  spawn(process.execPath, ['-e', 'setTimeout(() => {}, 4000)'], { stdio: 'inherit' }).unref();
});
