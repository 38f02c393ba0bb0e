'use strict';
// mocha 10 and 11: the process that mocha runs in, and with --parallel each of its workers. See preload.cjs.
//
// mocha is CommonJS throughout, so its own modules are met while they are loaded: what finds the files (they are replaced by
// those of the settings, which no argument names), the class Mocha (see mocha-load.cjs, mocha-tests.cjs) and the pool of workers. In parallel
// mode the main process hears of a file only when it is over, so the workers tell their tests themselves.
module.exports = (kit) => {
  const { settings, tell, guarded, cap, describe, release, capture } = kit;
  const Module = require('module');
  const { existsSync, readFileSync, realpathSync } = require('fs'); // taken before the tests can replace them
  const { dirname, join, resolve } = require('path');
  const parts = [require('./mocha-load.cjs'), require('./mocha-tests.cjs')];

  const program = realpathSync(process.argv[1]);
  const home = [dirname(program), dirname(dirname(program)), dirname(dirname(dirname(program)))].find(
    (dir) => existsSync(join(dir, 'package.json')) && existsSync(join(dir, 'lib', 'mocha.js')));
  if (home === undefined) return; // npx, npm: mocha comes later
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  const WORKER = join(home, 'lib', 'nodejs', 'worker.js');
  const worker = program === WORKER;
  const files = settings.files.map((file) => resolve(file));
  const run = {
    worker, files, listening, pool: () => watch(join(home, 'lib', 'nodejs', 'buffered-worker-pool.js')),
    main: undefined, // the Mocha that the command made; tests may make others
    count: 0, // its tests
    results: undefined,
    errors: new Set(), // what kept files from being loaded
    hooks: new WeakMap(), // a hook of a file's top level -> that file
    rejected: new WeakSet(), // errors with which the pool of workers told of a file
    current: undefined, // the file that is being loaded
    open: undefined, // the file of which a test or a hook runs
    running: false,
    ended: false,
  };

  // mocha's modules are met while they are compiled, which TypeScript's loaders leave as it is. bin/mocha loads some of them
  // too, and where it was given an option of node's it then starts a second node that does the work: that one loads cli.js,
  // and only now does our token have to be gone.
  const before = {};
  const after = { [join(home, 'lib', 'mocha.js')]: (module) => parts.forEach((part) => part(kit, module.exports, run)) };
  if (worker) {
    release();
    ending();
  } else {
    before[join(home, 'lib', 'cli', 'cli.js')] = () => {
      release();
      ending();
      tell({ k: 'hook', run: settings.run, tool: 'mocha', version, node: process.versions.node });
    };
    after[join(home, 'lib', 'cli', 'collect-files.js')] = (module) => { module.exports = choose(module.exports); };
    capture((args) => args.includes(WORKER));
  }
  const { _compile } = Module.prototype;
  function meet(what, file, module) {
    if (!Object.hasOwn(what, file)) return;
    const f = what[file];
    delete what[file];
    guarded(() => f(module));
  }
  function compile(_, file) {
    meet(before, file, this);
    const result = _compile.apply(this, arguments);
    meet(after, file, this);
    if (Object.keys(before).length + Object.keys(after).length === 0 && Module.prototype._compile === compile) Module.prototype._compile = _compile;
    return result;
  }
  Module.prototype._compile = compile;

  // The files run in mocha's own order; what --file names is loaded before them as ever.
  function choose(collect) {
    const lookup = require(join(home, 'lib', 'cli', 'lookup-files.js'));
    return (asked = {}) => {
      let spec = files;
      guarded(() => {
        const first = (asked.file ?? []).map((file) => resolve(file));
        const wanted = new Set(files.filter((file) => !first.includes(file)));
        const mine = new Set([...settings.files, ...settings.known, ...settings.leaveOut].map((file) => resolve(file)));
        const ignored = Module.createRequire(join(home, 'lib', 'cli', 'run.js'))('minimatch');
        const ignore = (file) => asked.ignore?.some((glob) => (ignored.minimatch ?? ignored)(file, glob, { windowsPathsNoEscape: true }));
        const order = [];
        const stray = [];
        for (const arg of asked.spec ?? []) {
          let found = [];
          try { found = [lookup(arg, asked.extension, asked.recursive)].flat(); } catch { /* it names nothing */ }
          for (const name of found) {
            const file = resolve(name);
            if (wanted.delete(file)) order.push(file);
            else if (!mine.has(file) && !ignore(name)) stray.push(file);
          }
        }
        spec = [...order, ...wanted];
        if (settings.whole && stray.length > 0) tell({ k: 'stray', files: stray });
      });
      return collect({ ...asked, spec, ignore: [] });
    };
  }

  // A worker that dies rejects what it was asked to run: only the pool knows which file that was.
  function watch(file) {
    const { BufferedWorkerPool } = require(file);
    const { run: ask } = BufferedWorkerPool.prototype;
    BufferedWorkerPool.prototype.run = function (name, ...rest) {
      const answer = ask.call(this, name, ...rest);
      answer.catch((err) => guarded(() => {
        if (typeof err === 'object' && err !== null) run.rejected.add(err);
        const died = /^Workerpool Worker terminated/i.test(err?.message);
        if (!died) return; // it could not be loaded: the worker told it
        const [, code] = /exitCode: `(\w+)`/.exec(err.message) ?? [];
        const [, signal] = /signalCode: `(\w+)`/.exec(err.message) ?? [];
        const how = signal && signal !== 'null' ? `was ended by ${signal}` : `ended with status ${code}`;
        tell({ k: 'broken', f: resolve(name), kind: 'crash', msg: `the worker process ${how}` });
      }));
      return answer;
    };
  }

  // How the process ends, when it does not end by itself: process.exit ends in reallyExit, and is left as it is.
  function ending() {
    const { reallyExit } = process;
    process.reallyExit = function (code) {
      guarded(() => {
        if (run.ended || worker && run.current === undefined) return;
        tell({ k: 'exit', f: run.running ? run.open : run.current, status: Number(code ?? process.exitCode ?? 0), stack: cap(String(new Error('process.exit').stack)) });
      });
      return reallyExit.apply(this, arguments);
    };
    listening(true);
  }
  // While the tests run mocha catches what they don't. Before that such an error ends the process: the file that its stack
  // names, or else the one that is being loaded, is at fault.
  function uncaught(err) {
    guarded(() => {
      const what = describe(err);
      if (run.ended) return tell({ k: 'problem', ...what });
      const f = files.find((file) => String(what.text).includes(file)) ?? run.current;
      return tell(f === undefined ? { k: 'problem', ...what } : { k: 'broken', f, kind: 'load', why: 'uncaught', ...what });
    });
  }
  function listening(on) {
    process.removeListener('uncaughtExceptionMonitor', uncaught);
    if (on) process.on('uncaughtExceptionMonitor', uncaught);
  }
};
