'use strict';
// What runner loads into `node --test`, and into each of its test processes, through --require in NODE_OPTIONS.
//
// It writes one JSON object a line to the file "events" beside itself and leaves no trace: its token is taken out of
// NODE_OPTIONS (and out of what node 24 copies into a test's arguments) before any line of the user's runs, so that
// tests, their workers and their children see the environment and arguments of a plain run.
// Two roles. The launcher is the process with --test: it tells when a test process ended and how, node's own totals, and
// the end of the stream. A test process tells its tests live: node's launcher hears of them only through a pipe, which
// loses what a dying process still held, and not at all of a test that spins.
// Nothing here may ever throw into the user's program: each hook is guarded, and a fault is a line of kind "fault".
(() => {
  const { isMainThread } = require('worker_threads');
  delete require.cache[__filename];
  if (!isMainThread) return; // worker threads run --require files again
  const settings = require('./node.json');
  delete require.cache[require.resolve('./node.json')];

  const token = settings.token;
  const options = process.env.NODE_OPTIONS ?? '';
  if (options !== token && !options.startsWith(token + ' ')) return; // a child that a test started: none of ours
  const rest = options.slice(token.length + 1);
  const launcher = process.env.NODE_TEST_CONTEXT === undefined && process.execArgv.includes('--test');
  const child = process.env.NODE_TEST_CONTEXT !== undefined || settings.direct;
  if (rest === '') delete process.env.NODE_OPTIONS;
  else process.env.NODE_OPTIONS = rest;
  if (!launcher && !child) return;

  // The user's tests may replace any of these; ours are taken before.
  const fs = require('fs');
  const { openSync, writeSync } = fs;
  const { stringify } = JSON;
  const { inspect } = require('util');
  const pid = process.pid;
  const CAP = 64 << 10; // characters a text, head and tail kept
  const major = Number(process.versions.node.split('.')[0]);
  let fd;

  function cap(text) {
    if (text.length <= CAP) return text;
    return `${text.slice(0, CAP / 2)}\n… ${text.length - CAP} characters left out …\n${text.slice(-CAP / 2)}`;
  }
  function tell(record) {
    try {
      fd ??= openSync(settings.events, 'a');
      writeSync(fd, stringify({ p: pid, ...record }) + '\n');
    } catch { /* a full disk or a revoked right: the missing end line tells it */ }
  }
  function guarded(f) {
    try { f(); } catch (err) { tell({ k: 'fault', message: cap(String(err?.stack ?? err)) }); }
  }
  const str = (v) => (v === undefined || v === null ? undefined : cap(String(v)));

  // describe makes plain data of what a test threw: an error, or any value at all.
  function describe(err) {
    if (err === undefined || err === null) return undefined;
    const out = { failure: str(err.failureType), exitCode: err.exitCode ?? undefined, signal: err.signal ?? undefined };
    const wrapped = err.code === 'ERR_TEST_FAILURE';
    const cause = wrapped && 'cause' in err ? err.cause : err;
    if (cause !== null && typeof cause === 'object' && typeof cause.message === 'string') {
      out.name = str(cause.name);
      out.code = str(cause.code);
      out.message = cap(cause.message);
      out.stack = str(cause.stack);
      const deeper = cause.cause;
      if (deeper !== undefined) out.stack = cap(`${out.stack ?? ''}\ncaused by: ${deeper?.stack ?? inspect(deeper, { depth: 2 })}`);
    } else {
      out.message = typeof cause === 'string' ? cap(cause) : cap(inspect(cause, { depth: 3 }));
    }
    return out;
  }
  function safeDescribe(err) {
    try { return describe(err); } catch { return { message: 'an error that cannot be read (its properties throw)' }; }
  }

  if (launcher) require('./launcher.cjs')({ settings, tell, guarded, str, cap, safeDescribe, major });
  else require('./tests.cjs')({ settings, tell, guarded, str, cap, safeDescribe });
  for (const name of ['./launcher.cjs', './tests.cjs', './stacks.cjs']) delete require.cache[require.resolve(name)];
  // Module also keeps the children of the preloading module, and the paths that it resolved.
  const Module = require('module');
  for (const key of Object.keys(Module._pathCache)) if (Module._pathCache[key].startsWith(__dirname)) delete Module._pathCache[key];
})();
