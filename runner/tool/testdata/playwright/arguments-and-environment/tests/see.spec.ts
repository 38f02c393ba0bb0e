import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { test, expect } from '@playwright/test';

const out = process.env.SEE;
test('sees', () => {
  const seen = {
    argv: process.argv, execArgv: process.execArgv, env: { ...process.env }, stack: new Error('here').stack!.split('\n').length,
    workers: test.info().config.workers, reporters: test.info().config.reporter,
    child: JSON.parse(execFileSync(process.execPath, ['-p', 'JSON.stringify([process.argv, process.execArgv, process.env])'], { encoding: 'utf8' })),
  };
  if (out) writeFileSync(out, JSON.stringify(seen, null, 1));
  expect(JSON.stringify(seen)).not.toContain('playwright.cjs');
  expect(process.env.PW_TEST_REPORTER).toBeUndefined();
});
