'use strict';
// The class Mocha, as far as it runs tests: what is told of them. See mocha.cjs.
module.exports = ({ settings, tell, guarded, str, cap, plain, describe, chosen, joined, key }, Mocha, run) => {
  const { resolve } = require('path');
  const { setTimeout } = globalThis; // the tests may replace it
  const LINGER = 10000; // ms that mocha may stay after the end of its run
  const { Suite } = Mocha;
  const known = new WeakMap(); // test -> what we tell of it
  const ordinals = new Map(); // file and joined titles -> how many tests there are

  function rootOf(suite) {
    while (suite?.parent) suite = suite.parent;
    return suite;
  }
  function fileOf(test) {
    let { file } = test;
    for (let suite = test.parent; file === undefined && suite; suite = suite.parent) file = suite.file;
    return file ?? run.current;
  }
  // A test is known by its file, its titles and, among those of the same titles, by its number in order of definition.
  function know(test) {
    const first = test.retriedTest?.() ?? test;
    let k = known.get(first);
    if (k === undefined) {
      const f = fileOf(first);
      const t = first.titlePath().map(cap);
      const id = `${f}\0${joined(t)}`;
      const n = (ordinals.get(id) ?? 0) + 1;
      ordinals.set(id, n);
      k = { f, t, n, state: '' };
      known.set(first, k);
      run.count++;
    }
    return k;
  }
  const named = ({ f, t, n, l, c }) => ({ f, t, n: n > 1 ? n : undefined, l, c });
  const selected = (k) => k.f === undefined || chosen(k.f, k.t, k.n);

  // mocha knows no positions: the first frame in the test's file is where it is written. Where nothing maps stacks their frames
  // are read as they are, which costs a tenth of their text.
  const frames = (_, sites) => sites;
  function locate(k) {
    if (k.f === undefined) return;
    const { stackTraceLimit, prepareStackTrace } = Error;
    const mapped = prepareStackTrace !== undefined || process.sourceMapsEnabled !== false;
    Error.stackTraceLimit = mapped ? 12 : 30;
    if (!mapped) Error.prepareStackTrace = frames;
    const { stack } = new Error('here');
    Error.stackTraceLimit = stackTraceLimit;
    if (!mapped) {
      delete Error.prepareStackTrace; // as it was
      const site = stack.find((one) => one.getFileName()?.endsWith(k.f)); // of an ES module it is an URL
      if (site) [k.l, k.c] = [site.getLineNumber(), site.getColumnNumber()];
      return;
    }
    const at = String(stack).indexOf(`${k.f}:`);
    const place = at < 0 ? null : /^:(\d+):(\d+)/.exec(stack.slice(at + k.f.length, at + k.f.length + 24));
    if (place) [k.l, k.c] = [Number(place[1]), Number(place[2])];
  }
  const { addTest } = Suite.prototype;
  Suite.prototype.addTest = function (test) {
    const result = addTest.apply(this, arguments);
    guarded(() => {
      if (run.main === undefined || rootOf(this) !== run.main.suite) return;
      const k = know(test);
      locate(k);
      if (run.running && !selected(k)) { // made while the tests run, and not asked for
        this.tests.pop();
        tell({ k: 'left', f: k.f, n: 1 });
      }
    });
    return result;
  };

  function listen(runner, mocha) {
    const matches = (t) => runner._grep.test(t.fullTitle()) !== Boolean(runner._invert);
    const fate = (err) => (err?.code === 'ERR_MOCHA_TIMEOUT' ? 'timedout' : 'failed');

    function result(t, fields) {
      const k = know(t);
      run.open = undefined;
      if (fields.last !== false) {
        k.state = fields.o;
        run.results++;
      }
      tell({ k: 'r', ...named(k), us: Math.round((t.duration ?? 0) * 1000), retry: t.currentRetry?.() || undefined, ...fields });
    }

    // Before any listener of a reporter: what the selection leaves out is gone when it counts the tests.
    function start() {
      if (runner.state !== 'running') return; // an error before the run: mocha calls it a run of its own
      run.running = true;
      run.results = 0;
      const files = new Map();
      let planned = 0;
      (function visit(suite) {
        suite.tests = suite.tests.filter((t) => {
          const k = know(t);
          if (!selected(k)) return false;
          if (matches(t)) {
            planned++;
            if (!files.has(k.f)) files.set(k.f, []);
            files.get(k.f).push({ ...named(k), f: undefined });
          }
          return true;
        });
        suite.suites.forEach(visit);
      })(runner.suite);
      runner.total = runner.grepTotal(runner.suite);
      if (!run.worker) began(mocha);
      for (const [f, list] of files) tell({ k: 'plan', f, tests: list });
      if (run.count > planned) tell({ k: 'left', f: run.worker ? run.current : undefined, n: run.count - planned });
    }

    // What a failed hook keeps from running: all tests below its suite that have no result yet.
    function victims(hook) {
      const out = [];
      (function visit(suite) {
        for (const t of suite.tests) if (matches(t) && know(t).state === '') out.push(know(t));
        suite.suites.forEach(visit);
      })(hook.parent);
      return out;
    }
    function hookFailed(hook, err) {
      const lost = victims(hook);
      const files = lost.length > 0 ? new Set(lost.map((v) => v.f)) : [run.hooks.get(hook) ?? fileOf(hook)];
      for (const f of files) {
        const tests = lost.filter((v) => v.f === f);
        for (const v of tests) v.state = 'errored';
        run.results += tests.length;
        tell({
          k: 'broken', f, kind: 'setup', hook: str(hook.originalTitle ?? hook.title), suite: hook.parent.titlePath().map(cap), ...describe(err),
          tests: tests.map((v) => ({ ...named(v), f: undefined })),
        });
      }
    }
    // What mocha did not run because it stopped by itself.
    function rest() {
      const why = whyStopped(runner, mocha, runner.failures);
      if (why === undefined) return;
      (function visit(suite) {
        for (const t of suite.tests) if (matches(t) && know(t).state === '') result(t, { o: 'notrun', why });
        suite.suites.forEach(visit);
      })(runner.suite);
    }
    function failed(runnable, err) {
      if (runnable?.type === 'hook') return hookFailed(runnable, err);
      if (runnable?.type === 'test') {
        const k = know(runnable);
        if (k.state === '') return result(runnable, { o: fate(err), ...describe(err), diff: difference(err) });
        if (k.state !== 'passed') return undefined; // once is enough
        k.state = 'failed'; // it says done twice, or an error came after its end
        return tell({ k: 'broken', f: k.f, kind: 'late', t: k.t, ...describe(err) });
      }
      if ([...run.errors].some((e) => e.err === err)) return undefined; // told when it was loaded
      const what = describe(err);
      const text = `${what.msg}\n${what.text}`; // mocha takes the folder out of stacks
      const f = run.files.find((file) => text.includes(file) || text.includes(`(${key(file)}:`) || text.includes(`at ${key(file)}:`));
      return tell(f === undefined ? { k: 'problem', ...what } : { k: 'broken', f, kind: 'late', ...what });
    }
    // What the user's reporter would show below the message.
    function difference(err) {
      const { Base } = Mocha.reporters;
      if (err?.generatedMessage === true || !Base.showDiff(err)) return undefined;
      const text = (v) => (typeof v === 'string' ? v : Mocha.utils.stringify(v));
      return cap(plain(Base.generateDiff(text(err.actual), text(err.expected))));
    }

    const on = (event, f) => runner.on(event, (...args) => guarded(() => f(...args)));
    if (runner.isParallelMode?.()) { // the workers tell the tests; what they could not be asked for comes as an error of its own
      on('start', () => began(mocha));
      on('fail', (runnable, err) => { if (runnable instanceof Mocha.Runnable && !run.rejected.has(err)) tell({ k: 'problem', ...describe(err) }); });
      return;
    }
    on('start', start);
    on('hook', (hook) => { run.open = run.hooks.get(hook) ?? hook.file ?? run.open; });
    on('test', (t) => {
      const k = know(t);
      run.open = k.f;
      if (k.state === '') tell({ k: 's', ...named(k) });
    });
    on('pass', (t) => result(t, mocha.options.dryRun ? { o: 'notrun', why: 'dry-run' } : { o: 'passed' }));
    on('pending', (t) => result(t, { o: 'skipped' }));
    on('retry', (t, err) => result(t, { o: fate(err), ...describe(err), last: false }));
    on('fail', failed);
    on('end', () => {
      if (runner.state !== 'running') return;
      if (run.worker) {
        rest();
        tell({ k: 'done', f: run.current });
        run.running = false;
        run.current = undefined;
        return;
      }
      rest();
      for (const file of mocha.files) tell({ k: 'done', f: resolve(file) });
      // mocha itself ends at a broken file. As in its parallel mode the user's reporter and the exit status hear of it.
      for (const { err } of run.errors) {
        const runnable = new Mocha.Runnable('Uncaught error outside test suite');
        runnable.parent = runner.suite;
        runner.fail(runnable, err);
      }
      over = true;
      if (early) ended(mocha, runner, runner.failures);
    });
  }

  const whyStopped = (runner, mocha, failures) => (runner._abort ? 'aborted' : failures > 0 && mocha.suite.bail() ? 'bail' : undefined);

  let over = false; // the run itself has ended
  let early = false; // mocha said so before, for an error before the run
  let told = false; // in parallel mode mocha says "start" once more for each error outside tests
  function began(mocha) {
    if (told) return;
    told = true;
    tell({ k: 'start', files: mocha.files.map((file) => resolve(file)) });
    if (mocha.options.dryRun) tell({ k: 'problem', msg: 'mocha was told to run no test (dry-run): leave that out' });
  }
  // The end of the run is mocha's call of who started it: its event "end" comes before the global teardown, and in
  // parallel mode once more for each error outside tests.
  function ended(mocha, runner, failures) {
    early = !over && !runner.isParallelMode?.();
    if (early) return;
    run.ended = true;
    run.listening(true);
    const why = whyStopped(runner, mocha, failures) ?? (failures > 0 && mocha.options['pass-on-failing-test-suite'] ? 'allowed' : undefined);
    tell({ k: 'end', o: failures > 0 ? 'failed' : 'passed', tests: run.results, files: mocha.files.length, why });
    if (settings.debug) return;
    // Without --exit mocha waits for whatever the tests left open. A timer that does not keep the process alive tells.
    setTimeout(() => guarded(() => {
      const what = [...new Set(process.getActiveResourcesInfo())].filter((name) => !/^(TTYWrap|PipeWrap)$/.test(name)).join(', ');
      tell({ k: 'note', msg: `mocha ended its run and its process stayed: ended after ${LINGER / 1000} s (still open: ${what}); close it in the tests, or give mocha --exit` });
      process.exit();
    }), LINGER).unref();
  }

  // mocha waits for its global fixtures without a catch: an error in one ends the process with status 0 and without a word.
  for (const name of ['runGlobalSetup', 'runGlobalTeardown']) {
    const fixture = Mocha.prototype[name];
    Mocha.prototype[name] = async function (...args) {
      try {
        return await fixture.apply(this, args);
      } catch (err) {
        if (this === run.main) tell({ k: 'problem', ...describe(err), msg: `${name === 'runGlobalSetup' ? 'mochaGlobalSetup' : 'mochaGlobalTeardown'} failed: ${err?.message ?? err}` });
        throw err;
      }
    };
  }

  const start = Mocha.prototype.run;
  Mocha.prototype.run = function (fn, ...rest) {
    if (run.worker ? !this.isWorker : run.main !== undefined && run.main !== this || run.running || run.ended) return start.call(this, fn, ...rest);
    run.main = this;
    const mocha = this;
    const Reporter = this._reporter;
    let runner;
    guarded(() => {
      tell({ k: 'patched' });
      run.listening(false);
      if (this.options.parallel && !run.worker) {
        if (settings.share > 0) this.options.jobs = Math.min(settings.share, this.options.jobs ?? settings.share);
        run.pool();
      }
      this._reporter = function (theirs, options) {
        mocha._reporter = Reporter;
        runner = theirs;
        guarded(() => listen(runner, mocha));
        return new Reporter(runner, options);
      };
    });
    if (run.worker) return start.call(this, fn, ...rest);
    return start.call(this, function (failures) {
      guarded(() => ended(mocha, runner, failures));
      return fn?.apply(this, arguments);
    }, ...rest);
  };
};
