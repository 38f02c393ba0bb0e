import { spawn } from 'node:child_process';
import { test, expect } from '@playwright/test';

test('leaves a child', () => { spawn(process.execPath, ['-e', 'setTimeout(() => {}, 2000)'], { stdio: 'inherit', detached: true }).unref(); });
