'use strict';
// jest 28 to 30: the main process, and each worker in which test files run. See preload.cjs.
//
// The main process tells the files, and what became of those that could not be run; jest's own scheduler is met where its
// module is loaded, and the user's configuration and reporters stay as they are. Tests are told by the process that runs
// them, from the events of jest-circus: they are synchronous, so a process that dies has told all that it did, and they know
// the tests of a file before the first one runs, which jest's reporters never do. Another test runner than jest-circus gives
// its tests with the file's result only.
module.exports = ({ settings, thread, tell, guarded, str, cap, plain, describe, release, capture, chosen }) => {
  const Module = require('module');
  const { existsSync, readFileSync, writeFileSync } = require('fs');
  const { join, resolve } = require('path');

  const CORE = /[\\/]@jest[\\/]core[\\/]build[\\/](?:index|jest)\.js$/;
  const CIRCUS = /[\\/]jest-circus[\\/]build[\\/](?:runner|legacy-code-todo-rewrite[\\/]jestAdapter)\.js$/;
  const FARM = /[\\/]jest-worker[\\/]build[\\/]index\.js$/;
  const WORKER = /[\\/]jest-worker[\\/]build[\\/](?:workers[\\/])?(?:process|thread)Child\.js$/;
  const REQUIRE = `--require=${join(__dirname, 'preload.cjs')}`; // for worker threads
  const SHARED = join(__dirname, 'projects.json'); // the files that run in several projects
  const worker = thread || WORKER.test(process.argv[1] ?? '');
  const resolved = settings.files.map((file) => resolve(file));

  // jest's own modules are CommonJS and met here while they are loaded; test files never pass here.
  const load = Module._extensions['.js'];
  function loading(module, file) {
    const result = load.apply(this, arguments);
    if (CORE.test(file)) guarded(() => core(module, file));
    else if (CIRCUS.test(file)) guarded(() => circus(module));
    else if (FARM.test(file) && !worker) guarded(() => farm(module));
    return result;
  }
  Module._extensions['.js'] = loading;
  if (worker) release();
  if (thread) process.execArgv = process.execArgv.filter((arg) => arg !== REQUIRE);

  // Module objects are made anew where their properties can't be changed.
  function replace(module, name, value) {
    const { exports } = module;
    const copy = Object.defineProperties(Object.create(Object.getPrototypeOf(exports)), Object.getOwnPropertyDescriptors(exports));
    if (Object.getOwnPropertyDescriptor(copy, name)?.configurable === false) {
      const all = Object.getOwnPropertyDescriptors(exports);
      all[name] = { value, enumerable: true, configurable: true, writable: true };
      module.exports = Object.defineProperties(Object.create(Object.getPrototypeOf(exports)), all);
    } else {
      exports[name] = value;
    }
  }

  // The main process ---------------------------------------------------------------------------------------------------

  let ended = false;
  let met = false;
  function core(module, file) {
    if (met) return; // a second jest in one process: the first one's run
    met = true;
    release();
    capture((args) => args.some((arg) => WORKER.test(arg)));
    const { version } = JSON.parse(readFileSync(join(file, '..', '..', 'package.json'), 'utf8'));
    tell({ k: 'hook', run: settings.run, tool: 'jest', version, node: process.versions.node });
    const { createTestScheduler, runCLI } = module.exports;
    createTestScheduler({ reporters: [] }, {}).then((scheduler) => guarded(() => {
      const { prototype } = scheduler.constructor;
      const { scheduleTests } = prototype;
      if (typeof scheduleTests !== 'function' || typeof prototype.addReporter !== 'function') return;
      prototype.scheduleTests = function (tests, watcher) {
        let ours = tests;
        guarded(() => { ours = schedule(this, tests); });
        return scheduleTests.call(this, ours, watcher);
      };
      tell({ k: 'patched' });
    }), (err) => tell({ k: 'fault', msg: String(err?.stack ?? err) }));
    replace(module, 'runCLI', async (...args) => {
      const result = await runCLI(...args);
      guarded(linger);
      return result;
    });
  }

  // Worker threads are given our file as an option of node's, and only those in which tests run.
  function farm(module) {
    const { Worker } = module.exports;
    class Farm extends Worker {
      constructor(path, options) {
        const threads = met && options?.enableWorkerThreads && /[\\/]jest-runner[\\/]build[\\/]testWorker\.js$/.test(path);
        super(path, threads ? { ...options, forkOptions: { ...options.forkOptions, execArgv: [...process.execArgv, REQUIRE] } } : options);
      }
    }
    replace(module, 'Worker', Object.defineProperty(Farm, 'name', { value: 'Worker' }));
  }

  // linger ends a jest whose run is over and that something keeps alive: jest itself would warn, and wait for ever.
  function linger() {
    if (!ended) return;
    setTimeout(() => {
      guarded(() => {
        const open = [...new Set(process.getActiveResourcesInfo().filter((name) => !/^(?:TTY|Pipe)Wrap$/.test(name)))].sort().slice(0, 10).join(', ');
        tell({ k: 'note', msg: `jest did not end by itself after its run, so runner ended it: something is left open (${open || 'nothing that node knows'}); jest --detectOpenHandles finds it` });
      });
      process.exit(); // jest's own listener sets the status
    }, 3000).unref();
  }

  // schedule makes the files of the selection out of those that jest found, and listens.
  function schedule(scheduler, tests) {
    const wanted = new Set(resolved);
    const known = new Set(settings.known.map((file) => resolve(file)));
    const gone = new Set(settings.leaveOut.map((file) => resolve(file)));
    const there = new Set(tests.map((test) => test.path));
    for (const file of resolved) {
      if (there.has(file)) continue;
      if (existsSync(file)) tell({ k: 'absent', f: file });
      else tell({ k: 'broken', f: file, kind: 'load', msg: 'no such file', unheard: true });
    }
    const stray = new Set(tests.map((test) => test.path).filter((file) => !wanted.has(file) && !known.has(file) && !gone.has(file)));
    if (stray.size > 0 && !settings.whole) {
      if (settings.whole === false && settings.select === undefined && settings.category) tell({ k: 'stray', files: [...stray] });
      stray.clear();
    }
    const ours = tests.filter((test) => wanted.has(test.path) || stray.has(test.path));
    const seen = new Set();
    const shared = [];
    for (const { path } of ours) {
      if (seen.has(path)) shared.push(path);
      seen.add(path);
    }
    if (shared.length > 0) writeFileSync(SHARED, JSON.stringify(shared));
    if (settings.share > 0 || settings.debug) {
      const now = scheduler._globalConfig;
      const most = Math.max(1, Math.min(settings.share || now.maxWorkers, now.maxWorkers));
      scheduler._globalConfig = Object.freeze({ ...now, maxWorkers: most, runInBand: now.runInBand || settings.debug || (most === 1 && !now.workerIdleMemoryLimit) });
    }
    scheduler.addReporter(new Listener(scheduler._globalConfig, shared));
    tell({ k: 'start', files: [...seen] });
    return ours;
  }

  const projectOf = (config) => config.displayName?.name ?? config.displayName ?? config.id ?? config.name;

  // Listener is a reporter of jest's beside the user's own.
  class Listener {
    constructor(globalConfig, shared) {
      this.config = globalConfig;
      this.shared = new Set(shared);
      this.results = 0;
      this.left = new Map(); // a file of several projects -> how many of them still run
    }
    onTestFileStart(test) {
      guarded(() => tell({ k: 'file', f: test.path }));
    }
    onTestFileResult(test, result) {
      guarded(() => this.result(test, result));
    }
    result(test, result) {
      const f = test.path;
      const own = !/[\\/]jest-circus[\\/]/.test(test.context.config.testRunner);
      this.results += result.testResults.length;
      this.tests(test, result, own);
      const error = result.testExecError;
      if (error && result.testResults.length === 0) {
        const message = plain(error.message ?? '');
        const code = error.code ?? undefined;
        if (/^Your test suite must contain at least one test/.test(message)) tell({ k: 'broken', f, kind: 'empty', msg: message });
        else if (/^A jest worker process |^Jest worker encountered |^Call retries were exceeded/.test(message)) tell({ k: 'broken', f, kind: 'crash', msg: cap(message) });
        else tell({ k: 'broken', f, kind: 'load', ...loadError(f, error, result, code) });
      } else if (error) {
        // Errors that circus gives to no test: an afterAll hook, what was thrown after the tests.
        const text = plain(error.stack || error.message || '');
        tell({ k: 'broken', f, kind: 'setup', hook: 'afterAll or later', msg: text.split('\n')[0].replace(/^\s*●\s*/, ''), text: cap(text) });
      }
      this.done(f);
    }
    done(f) {
      if (this.shared.has(f)) {
        const more = (this.left.get(f) ?? 2) - 1;
        this.left.set(f, more);
        if (more > 0) return;
      }
      tell({ k: 'done', f });
    }
    // tests are told here where another runner than circus ran them; else those that failed once more, as an error may come
    // after a test's end.
    tests(test, result, own) {
      const ordinals = new Map();
      for (const one of result.testResults) {
        const t = [...one.ancestorTitles, one.title].map(cap);
        const key = t.join('\0');
        const n = (ordinals.get(key) ?? 0) + 1;
        ordinals.set(key, n);
        const project = this.shared.has(test.path) ? projectOf(test.context.config) : undefined;
        const o = { passed: 'passed', failed: 'failed', todo: 'todo' }[one.status] ?? 'skipped';
        const text = plain(one.failureMessages.join('\n\n'));
        if (!own && o !== 'failed') continue;
        const said = o === 'failed' ? { msg: cap(text.split('\n')[0].replace(/^(?:Assertion)?Error: /, '')), text: cap(text), kind: own ? undefined : 'late' } : {};
        tell({ k: 'r', f: test.path, t, n: n > 1 ? n : undefined, project, l: one.location?.line, c: one.location?.column, o, us: Math.round((one.duration ?? 0) * 1000), ...said });
      }
    }
    onRunComplete(_, results) {
      guarded(() => {
        ended = true;
        const stopped = this.config.bail > 0 && results.numFailedTests >= this.config.bail;
        if (results.runExecError) tell({ k: 'problem', msg: cap(plain(results.runExecError.message ?? '')), text: cap(plain(results.runExecError.stack ?? '')) });
        tell({
          k: 'end', o: results.wasInterrupted ? 'interrupted' : results.numFailedTests + results.numRuntimeErrorTestSuites > 0 ? 'failed' : 'passed',
          tests: this.results, files: results.testResults.length, why: stopped ? 'bail' : undefined,
        });
      });
    }
  }

  // loadError is why a file could not be loaded, with the place that jest shows in a frame of the source.
  function loadError(f, error, result, code) {
    const message = plain(error.message ?? '');
    const shown = plain(result.failureMessage ?? '');
    const syntax = /^SyntaxError: (.*)$/m.exec(shown) ?? /^SyntaxError: (.*)$/m.exec(plain(error.stack ?? ''));
    const out = { name: error.name ?? /^([A-Z]\w*Error)\b/.exec(plain(error.stack ?? ''))?.[1], code: str(code), msg: cap(message), text: cap(plain(error.stack ?? message)) };
    const frame = /(?:^.*\|.*\n)*^\s*>\s*(\d+) \|.*\n\s*\|( *)\^.*\n(?:^.*\|.*\n)*/m.exec(`${shown}\n`);
    if (syntax) { // jest's advice and the frames of the compiler say nothing about the test
      out.name = 'SyntaxError';
      out.msg = cap(syntax[1].replace(`${f}: `, '').replace(/ \(\d+:\d+\)$/, ''));
      if (frame) out.text = cap(`SyntaxError: ${syntax[1]}\n\n${frame[0].trimEnd()}`);
    }
    // babel: "FILE: Unexpected token (3:15)", its column from 0; node: "FILE:3" and a caret; TypeScript: "FILE:3:15 - error TS1005"
    const babel = /\((\d+):(\d+)\)/.exec(syntax ? syntax[0] : '');
    const header = new RegExp(`(?:^|\\s)${f.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}:(\\d+)(?::(\\d+))?`, 'm').exec(plain(error.stack ?? '')) ??
      (syntax ? new RegExp(`${f.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}:(\\d+)`).exec(shown) : null);
    if (babel) Object.assign(out, { l: Number(babel[1]), c: Number(babel[2]) + 1 });
    else if (header) Object.assign(out, { l: Number(header[1]), c: header[2] === undefined ? undefined : Number(header[2]) });
    else if (frame && message.includes(f)) Object.assign(out, { l: Number(frame[1]), c: frame[2].length });
    return out;
  }

  // The process that runs a test file ----------------------------------------------------------------------------------

  let shared; // Set of files, once it was read
  let current; // the file that runs in this process
  let flush = () => {};
  function circus(module) {
    const adapter = module.exports.default ?? module.exports;
    if (typeof adapter !== 'function') return;
    const wrapped = function (globalConfig, config, environment, runtime, path, ...more) { // not async: it must not be seen in stacks
      guarded(() => {
        shared ??= new Set(existsSync(SHARED) ? JSON.parse(readFileSync(SHARED, 'utf8')) : []);
        tell({ k: 'file', run: settings.run, f: path });
        current = path;
        watch(environment, path, shared.has(path) ? projectOf(config) : undefined);
      });
      const over = adapter.call(this, globalConfig, config, environment, runtime, path, ...more);
      const close = () => guarded(() => { flush(); if (current === path) current = undefined; });
      over.then(close, close);
      return over;
    };
    Object.defineProperty(wrapped, 'name', { value: adapter.name });
    if (module.exports.default === undefined) module.exports = wrapped;
    else replace(module, 'default', wrapped);
  }

  // watch hears circus through the environment's own listener, beside what the user's environment does there.
  function watch(environment, f, project) {
    const tests = new Map(); // circus's test -> what we tell of it
    const out = new Set(); // tests that the selection left out
    const victims = new Map(); // test -> the hook that broke it
    let held = []; // ended, and an error may still be added before the next event
    let retries = () => false; // whether a test that failed may be tried again

    const titles = (test) => {
      const path = [];
      for (let t = test; t && t.parent; t = t.parent) path.unshift(cap(String(t.name)));
      return path;
    };
    const named = (k) => ({ f, t: k.t, n: k.n > 1 ? k.n : undefined, l: k.l, c: k.c, project });
    function* all(block) {
      for (const child of block.children) {
        if (child.type === 'describeBlock') yield* all(child);
        else if (child.type === 'test') yield child;
        else if (Array.isArray(child.tests)) yield* child.tests;
      }
    }
    // The place where a test is written is the first frame in its file, as the project maps its stacks.
    function locate(k, test) {
      const stack = String(test.asyncError?.stack ?? '');
      for (let at = stack.indexOf(`${f}:`); at >= 0; at = stack.indexOf(`${f}:`, at + 1)) {
        const place = /^:(\d+):(\d+)/.exec(stack.slice(at + f.length, at + f.length + 24));
        if (place) {
          [k.l, k.c] = [Number(place[1]), Number(place[2])];
          return;
        }
      }
    }
    function plan(state) {
      const ordinals = new Map();
      const list = [];
      let left = 0;
      for (const test of all(state.rootDescribeBlock)) {
        const t = titles(test);
        const key = t.join('\0');
        const n = (ordinals.get(key) ?? 0) + 1;
        ordinals.set(key, n);
        const k = { t, n, tries: 0 };
        tests.set(test, k);
        const byUser = state.testNamePattern && !state.testNamePattern.test(t.join(' '));
        if (byUser || !chosen(f, project === undefined ? t : [...t.slice(0, -1), `${t.at(-1)} [${project}]`], n)) {
          if (!byUser) test.mode = 'skip';
          out.add(test);
          left++;
          continue;
        }
        guarded(() => locate(k, test));
        list.push({ t, n: n > 1 ? n : undefined, l: k.l, c: k.c, project });
      }
      retries = (test) => {
        const all = environment.global?.[Symbol.for('RETRY_TIMES')];
        if (Number(all?.numRetries ?? all ?? 0) > 0) return true;
        for (let block = test.parent; block; block = block.parent) if (Number(state.describeRetryOptions?.get(block)?.numRetries ?? state.describeRetryOptions?.get(block) ?? 0) > 0) return true;
        return false;
      };
      tell({ k: 'plan', f, tests: list });
      if (left > 0) tell({ k: 'left', f, n: left });
    }

    // failure is plain data of a test's errors: circus keeps each beside the error that shows where the test is.
    function failure(errors) {
      const said = errors.map((pair) => {
        const [error, place] = Array.isArray(pair) ? pair : [pair, undefined];
        const bare = error === undefined || error === null || typeof error !== 'object' || (typeof error.stack !== 'string' && typeof error.message !== 'string');
        const one = describe(error ?? (place?.message ? place : error));
        if (bare && typeof error !== 'string') one.msg = `thrown: ${one.msg}`;
        if (one.text === undefined && place?.stack) one.text = cap(`${one.msg}\n${plain(place.stack).split('\n').filter((line) => /^\s+at /.test(line)).join('\n')}`);
        return one;
      });
      const first = said[0] ?? { msg: 'failed, and jest gave no error' };
      const text = said.length < 2 ? first.text : cap(said.map((one) => one.text ?? one.msg).join('\n\n'));
      return { ...first, text };
    }
    function result({ test, errors }) {
      const k = tests.get(test);
      if (k === undefined || out.has(test)) return;
      const fields = { us: Math.round((test.duration ?? 0) * 1000) };
      if (errors.length === 0) {
        Object.assign(fields, { o: 'passed', expected: test.failing || undefined });
      } else {
        const thrown = Array.isArray(errors[0]) ? errors[0][0] : errors[0];
        const late = typeof thrown === 'string' && thrown.startsWith('Exceeded timeout of ');
        const hook = victims.get(test);
        Object.assign(fields, { o: late ? 'timedout' : 'failed', ...failure(errors) });
        if (hook !== undefined && (errors.length === 1 || hook !== 'afterEach')) Object.assign(fields, { o: 'errored', kind: 'setup', hook });
        if (retries(test)) fields.last = false;
      }
      tell({ k: 'r', ...named(k), retry: k.tries > 0 ? k.tries : undefined, ...fields });
    }
    flush = () => {
      const ready = held;
      held = [];
      ready.forEach(result);
    };

    function hear(event, state) {
      flush();
      const { test } = event;
      const k = test && tests.get(test);
      switch (event.name) {
        case 'run_start':
          plan(state);
          break;
        case 'test_start':
          if (k && !out.has(test) && !skipped(test, state)) tell({ k: 's', ...named(k) });
          break;
        case 'hook_failure':
          if (event.hook.type === 'beforeAll') for (const one of all(event.describeBlock)) victims.set(one, 'beforeAll');
          else if (test && test.errors.length <= 1) victims.set(test, event.hook.type);
          break;
        case 'test_retry':
          if (k) k.tries++;
          if (victims.get(test) !== 'beforeAll') victims.delete(test);
          break;
        case 'test_skip':
          if (k && !out.has(test)) tell({ k: 'r', ...named(k), o: 'skipped' });
          break;
        case 'test_todo':
          if (k && !out.has(test)) tell({ k: 'r', ...named(k), o: 'todo' });
          break;
        case 'test_done':
          held.push({ test, errors: test.errors }); // a new list is made for another try
          break;
      }
    }
    // What circus will skip is no open test.
    function skipped(test, state) {
      for (let block = test.parent; block; block = block.parent) if (block.mode === 'skip') return true;
      return test.mode === 'skip' || test.mode === 'todo' || (state.hasFocusedTests && test.mode === undefined);
    }

    const theirs = environment.handleTestEvent;
    environment.handleTestEvent = theirs === undefined ?
      (event, state) => { guarded(() => hear(event, state)); } :
      function (event, state) {
        guarded(() => hear(event, state));
        return theirs.call(this, event, state);
      };
  }

  // How the process ends, when it does not end by itself. reallyExit is what process.exit ends in; process.exit itself is
  // left as it is, since tests compare and replace it.
  const { reallyExit } = process;
  process.reallyExit = function (code) {
    guarded(() => {
      flush();
      if (current !== undefined || (met && !ended)) {
        tell({ k: 'exit', run: settings.run, f: current, status: Number(code ?? process.exitCode ?? 0), stack: cap(String(new Error('process.exit').stack)) });
      }
    });
    return reallyExit.apply(this, arguments);
  };
};
