'use strict';
// jest 28 to 30: the main process, and each worker in which test files run. See preload.cjs.
//
// The main process tells the files, and what became of those that could not be run; jest's own scheduler is met where its
// module is loaded, and the user's configuration and reporters stay as they are. Tests are told by the process that runs
// them, from the events of jest-circus: they are synchronous, so a process that dies has told all that it did, and they know
// the tests of a file before the first one runs, which jest's reporters never do. Another test runner than jest-circus gives
// its tests with the file's result only.
module.exports = (kit) => {
  const { settings, thread, tell, guarded, str, cap, plain, release, capture, joined } = kit;
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

  const projectOf = (config) => config.displayName?.name ?? config.displayName ?? config.id ?? config.name;
  const tests = require('./jest-tests.cjs')(kit, { SHARED, projectOf, replace });

  // jest's own modules are CommonJS and met here while they are loaded; test files never pass here.
  const load = Module._extensions['.js'];
  function loading(module, file) {
    const result = load.apply(this, arguments);
    if (CORE.test(file)) guarded(() => core(module, file));
    else if (CIRCUS.test(file)) guarded(() => tests.circus(module));
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
    if (!settings.whole) stray.clear(); // a part of the files was asked for
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

  // Listener is a reporter of jest's beside the user's own.
  class Listener {
    constructor(globalConfig, shared) {
      this.config = globalConfig;
      this.shared = new Set(shared);
      this.results = 0;
      this.left = new Map(); // a file of several projects -> how many of them still run
      for (const f of shared) this.left.set(f, (this.left.get(f) ?? 1) + 1); // it is there once for each project beside the first
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
      const project = this.project(test);
      const error = result.testExecError;
      if (error && result.testResults.length === 0) {
        const message = plain(error.message ?? '');
        const code = error.code ?? undefined;
        if (/^Your test suite must contain at least one test/.test(message)) tell({ k: 'broken', f, project, kind: 'empty', msg: message });
        else if (/^A jest worker process |^Jest worker encountered |^Call retries were exceeded/.test(message)) tell({ k: 'broken', f, project, kind: 'crash', msg: cap(message) });
        else tell({ k: 'broken', f, project, kind: 'load', ...loadError(f, error, result, code) });
      } else if (error) {
        // Errors that circus gives to no test: an afterAll hook, what was thrown after the tests.
        const text = plain(error.stack || error.message || '');
        tell({ k: 'broken', f, kind: 'setup', hook: 'afterAll or later', msg: text.split('\n')[0].replace(/^\s*●\s*/, ''), text: cap(text) });
      }
      this.done(f);
    }
    project(test) {
      return this.shared.has(test.path) ? projectOf(test.context.config) : undefined;
    }
    done(f) {
      if (this.shared.has(f)) {
        const more = this.left.get(f) - 1;
        this.left.set(f, more);
        if (more > 0) return;
      }
      tell({ k: 'done', f });
    }
    // tests are told here where another runner than circus ran them; else those that failed once more, as an error may come
    // after a test's end.
    tests(test, result, own) {
      const ordinals = new Map();
      const project = this.project(test);
      for (const one of result.testResults) {
        const t = [...one.ancestorTitles, one.title].map(cap);
        const key = joined(t);
        const n = (ordinals.get(key) ?? 0) + 1;
        ordinals.set(key, n);
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

  // How the process ends, when it does not end by itself. reallyExit is what process.exit ends in; process.exit itself is
  // left as it is, since tests compare and replace it.
  const { reallyExit } = process;
  process.reallyExit = function (code) {
    guarded(() => {
      tests.flush();
      if (!ended && (met || tests.current() !== undefined)) {
        tell({ k: 'exit', run: settings.run, ...tests.current(), status: Number(code ?? process.exitCode ?? 0), stack: cap(String(new Error('process.exit').stack)) });
      }
    });
    return reallyExit.apply(this, arguments);
  };
};
