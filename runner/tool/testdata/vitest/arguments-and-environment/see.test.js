import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'vitest';

test('sees what a plain run sees', () => {
  const children = execFileSync(process.execPath, ['-p', 'JSON.stringify([process.execArgv, Object.keys(process.env).sort(), process.env.NODE_OPTIONS ?? null])'], { encoding: 'utf8' });
  const seen = {
    argv: process.argv.slice(1), execArgv: process.execArgv, env: process.env, cwd: process.cwd(), children: children.trim(),
    cache: Object.keys(createRequire(import.meta.url).cache), limit: Error.stackTraceLimit, globals: Object.getOwnPropertyNames(globalThis).sort(),
    exitListeners: process.listenerCount('exit'), uncaught: process.listenerCount('uncaughtException'),
  };
  if (process.env.SEE) writeFileSync(process.env.SEE, JSON.stringify(seen));
});
