'use strict';
// vitest 3 and 4: the main process. See preload.cjs.
//
// Each word that vitest has for a reporter goes through Vitest.prototype.report, so the project's own reporters stay as
// they are. Workers send their tests' events in bundles, and what a dying or spinning worker still holds is lost: so each
// of them also loads vitest-worker.mjs, which writes to the channel itself, at once.
// The class is exported by no public name. It is found in the chunk that dist/node.js takes it from: as the one that has
// the methods which are used here.
module.exports = ({ settings, tell, guarded, str, cap, plain, release }) => {
  const { existsSync, readFileSync, realpathSync, writeFileSync } = require('fs');
  const { dirname, join, resolve } = require('path');
  const { pathToFileURL } = require('url');
  const { select, share, debug } = settings;

  const home = (() => {
    for (let dir = dirname(realpathSync(process.argv[1])); ; dir = dirname(dir)) {
      const file = join(dir, 'package.json');
      if (existsSync(file)) {
        const { name, version } = JSON.parse(readFileSync(file, 'utf8'));
        return name === 'vitest' ? { dir, version } : undefined;
      }
      if (dir === dirname(dir)) return undefined;
    }
  })();
  if (home === undefined) return false;
  release();
  tell({ k: 'hook', run: settings.run, tool: 'vitest', version: home.version, node: process.versions.node });

  const worker = join(__dirname, 'vitest-worker.mjs');
  const chunk = /from '(\.\/chunks\/cli-api\.[^']+)'/.exec(readFileSync(join(home.dir, 'dist', 'node.js'), 'utf8'))?.[1];
  if (chunk === undefined) return true;
  let chosenBy; // vitest-select.mjs, which the workers load too
  const load = (...path) => import(pathToFileURL(join(...path)).href);
  const real = (file) => {
    try { return realpathSync(file); } catch { return file; }
  };
  const { failure, place, reading } = require('./vitest-errors.cjs')({ str, cap, plain, real, home: home.dir });
  Promise.all([load(home.dir, 'dist', chunk), load(__dirname, 'vitest-select.mjs')]).then(([all, own]) => guarded(() => {
    chosenBy = own.default;
    const Vitest = Object.values(all).find((v) => typeof v === 'function' && ['report', 'start', 'runFiles'].every((m) => Object.hasOwn(v.prototype ?? {}, m)));
    if (Vitest === undefined) return;
    patch(Vitest.prototype);
    tell({ k: 'patched' });
  }), () => {}); // the program's own import of it fails too, and says so

  function patch(proto) {
    const { report, runFiles, initializeGlobalSetup, cancelCurrentRun } = proto;
    proto.report = async function (name, ...args) {
      const f = Object.hasOwn(listeners, name) ? listeners[name] : undefined;
      if (f !== undefined) await guarded(() => f(...args))?.catch?.((err) => guarded(() => { throw err; }));
      return report.call(this, name, ...args);
    };
    proto.runFiles = function (specs, ...rest) {
      return runFiles.call(this, guarded(() => choose(specs)) ?? specs, ...rest);
    };
    // A run whose global setup fails never begins, though vitest then says its end-of-run word.
    proto.initializeGlobalSetup = async function (...args) {
      try {
        await initializeGlobalSetup.apply(this, args);
      } catch (err) {
        guarded(() => tell({ k: 'problem', ...failure([err]) }));
        unbegun = true;
        throw err;
      }
      if (waiting !== undefined) tell(waiting);
    };
    proto.cancelCurrentRun = function (reason) {
      cancelled ??= String(reason);
      return cancelCurrentRun.apply(this, arguments);
    };
  }
  let waiting; // the start of the run, until its global setup has passed
  let unbegun = false;
  let cancelled;

  // vitest's own filters are parts of paths: what they match beside the files that are meant is taken out again.
  function choose(specs) {
    const paths = (list) => new Set(list.map((file) => real(resolve(file))));
    const out = paths(settings.leaveOut);
    const found = new Set(specs.map((spec) => real(spec.moduleId)));
    const wanted = paths(settings.files);
    for (const file of settings.files) {
      if (found.has(real(resolve(file)))) continue;
      if (existsSync(resolve(file))) tell({ k: 'absent', f: resolve(file) });
      else tell({ k: 'broken', f: resolve(file), kind: 'gone', msg: 'no such file' });
    }
    const known = paths(settings.known);
    const strays = settings.alone ? [...found].filter((file) => !wanted.has(file) && !known.has(file) && !foreign(file)) : [];
    if (settings.whole) for (const file of strays) wanted.add(file); // discovery could not read of them
    else if (strays.length > 0) tell({ k: 'stray', files: strays.filter((file) => !out.has(file)) });
    return specs.filter((spec) => wanted.has(real(spec.moduleId)) && !out.has(real(spec.moduleId)));
  }
  // foreign says whether a file is of a package below this one that runs vitest by itself.
  function foreign(file) {
    const here = real(process.cwd());
    for (let dir = dirname(file); dir !== here && dir !== dirname(dir); dir = dirname(dir)) {
      const manifest = join(dir, 'package.json');
      if (!existsSync(manifest)) continue;
      return /\bvitest\b/.test(JSON.stringify(JSON.parse(readFileSync(manifest, 'utf8')).scripts ?? {}));
    }
    return false;
  }
  const live = new Set(); // configurations whose workers load our setup file
  // The configuration is whole and nothing has been looked for yet.
  function begin(vitest) {
    const projects = [...new Set([...(vitest.projects ?? []), ...(vitest.coreWorkspaceProject ? [vitest.coreWorkspaceProject] : [])])];
    for (const config of new Set([vitest.config, ...projects.map((p) => p.config)])) {
      config.includeTaskLocation = true;
      if (config.browser?.enabled !== true && Array.isArray(config.setupFiles)) {
        if (!config.setupFiles.includes(worker)) config.setupFiles.unshift(worker);
        live.add(config);
      }
      if (debug) config.testTimeout = config.hookTimeout = 0;
      if (share > 0) limit(config, share, config === vitest.config);
    }
  }
  function limit(config, most, root) {
    const at = (n) => (typeof n === 'number' ? Math.min(n, most) : n);
    config.maxWorkers = root ? Math.min(most, typeof config.maxWorkers === 'number' ? config.maxWorkers : most) : at(config.maxWorkers);
    if (config.minWorkers !== undefined) config.minWorkers = at(config.minWorkers);
    for (const pool of Object.values(config.poolOptions ?? {})) { // vitest 3
      for (const key of ['maxForks', 'minForks', 'maxThreads', 'minThreads']) if (pool?.[key] !== undefined) pool[key] = at(pool[key]);
    }
  }

  // Where a worker finds the class that runs its tests: a later vitest 4 warns of the module that had it before.
  function classes() {
    const has = (file) => /\bas (?:Vitest)?TestRunner\b|[{,] *(?:Vitest)?TestRunner *[,}]/.test(readFileSync(join(home.dir, 'dist', file), 'utf8'));
    return ['index.js', 'runners.js'].filter((file) => existsSync(join(home.dir, 'dist', file)) && has(file))
      .map((file) => pathToFileURL(join(home.dir, 'dist', file)).href);
  }
  const shared = new Set(); // files that run in several projects: their tests are told apart by the project's name
  const checked = new Set(); // files that are run and have their types checked too: vitest counts their tests once for each
  const ahead = new Map(); // how often each file is still to end: once a project, and once more for its types
  function start(specs) {
    const seen = new Map();
    for (const { moduleId, project, pool } of specs) {
      ahead.set(moduleId, (ahead.get(moduleId) ?? 0) + 1);
      const before = seen.get(moduleId);
      if (before !== undefined && before.project !== project) shared.add(moduleId);
      if (before !== undefined && (before.pool === 'typescript') !== (pool === 'typescript')) checked.add(moduleId);
      seen.set(moduleId, { project, pool });
    }
    writeFileSync(join(__dirname, 'vitest-worker.json'), JSON.stringify({
      events: settings.events, run: settings.run, select, dir: process.cwd(), shared: [...shared], classes: classes(),
    }));
    waiting = { k: 'start', files: [...seen.keys()] };
  }

  const modules = new Map(); // id of a module's task -> what is known of it
  const titles = (task) => {
    const out = [];
    for (let t = task; t && t.filepath === undefined; t = t.suite) out.unshift(cap(String(t.name)));
    return out;
  };
  function know(module) {
    const file = module.task;
    let m = modules.get(file.id);
    if (m === undefined) {
      const types = file.meta?.typecheck === true;
      const second = types && checked.has(file.filepath); // told of beside its run
      const marks = [shared.has(file.filepath) ? str(file.projectName || undefined) : undefined, second ? 'typecheck' : undefined].filter((x) => x !== undefined);
      m = { f: file.filepath, project: marks.length > 0 ? marks.join(' ') : undefined, types, second, tests: new Map(), left: new Set(), meant: new Set(), told: new Set(), victims: [], over: false };
      modules.set(file.id, m);
    }
    return m;
  }
  // plan tells of the tests of a module, once they are known, and counts what the selection leaves out.
  function plan(m, file, pattern) {
    if (m.tests.size > 0 || m.left.size > 0) return;
    const tests = [];
    let left = 0;
    for (const { test, t, n, chosen } of chosenBy(file, select, process.cwd(), m.project, m.second)) {
      const out = !chosen && (m.types || (test.mode !== 'run' && test.mode !== 'queued')); // the compiler leaves none out
      const native = pattern && test.mode === 'skip' && !t.join(' ').match(pattern);
      if (out || native) {
        m.left.add(test.id);
        left++;
        continue;
      }
      const named = { t, n: n > 1 ? n : undefined, l: test.location?.line, c: test.location?.column };
      m.tests.set(test.id, named);
      if (test.mode === 'run' || test.mode === 'queued') m.meant.add(test.id);
      tests.push(named);
    }
    if (tests.length > 0) tell({ k: 'plan', f: m.f, tests: m.project === undefined ? tests : tests.map((t) => ({ ...t, project: m.project })) });
    if (left > 0) tell({ k: 'left', f: m.f, n: left });
  }
  const of = (m, id) => ({ f: m.f, project: m.project, ...m.tests.get(id) });

  // result tells what became of a test; false where it was never begun.
  function result(m, task) {
    const r = task.result;
    const told = of(m, task.id);
    if (r === undefined || r.state === 'run' || r.state === 'queued') {
      if (m.meant.has(task.id)) return false;
      tell({ k: 'r', ...told, o: task.mode === 'todo' ? 'todo' : 'skipped' });
      return true;
    }
    if (r.note === 'The test run was aborted by the user.') return false;
    const out = (task.logs ?? []).map((l) => l.content).join('');
    const more = { us: r.duration === undefined ? undefined : Math.round(r.duration * 1000), out: out === '' ? undefined : cap(plain(out)) };
    if (r.state === 'skip' || r.state === 'todo') {
      tell({ k: 'r', ...told, ...more, o: r.state === 'todo' ? 'todo' : 'skipped', reason: str(r.note) });
      return true;
    }
    const tries = r.retryCount ?? 0;
    const errors = r.errors ?? [];
    for (let i = 0; i < tries; i++) tell({ k: 'r', ...told, o: fate(errors[i]), ...failure(errors.slice(i, i + 1)), retry: i, last: false });
    const retry = tries > 0 ? tries : undefined;
    if (r.state === 'pass') tell({ k: 'r', ...told, ...more, retry, o: 'passed' });
    else {
      const own = errors.length > tries ? errors.slice(tries) : errors;
      tell({ k: 'r', ...told, ...more, retry, o: fate(own[0]), ...failure(own) });
    }
    return true;
  }
  const fate = (err) => (/^Test timed out in \d+ms/.test(String(err?.message)) ? 'timedout' : 'failed');

  // A suite that fails before its tests has them marked as skipped, without a word of their own: they could not be judged.
  const victim = (m, task) => m.meant.has(task.id) && task.result?.state === 'skip' && !task.result.pending && task.result.note === undefined;

  function take(m, task) {
    if (m.told.has(task.id)) return;
    if (victim(m, task)) m.victims.push(task);
    else if (!result(m, task)) return;
    m.told.add(task.id);
  }

  async function finish(module) {
    const m = know(module);
    if (m.over) return;
    m.over = true;
    plan(m, module.task, module.project.config.testNamePattern);
    const broken = [];
    // vitest takes in several bundles of events at once: the end of a file may come before its last results, which it knows.
    (function visit(suite) {
      const errors = suite.result?.errors ?? [];
      if (errors.length > 0 && (suite === module.task || m.tests.size + m.left.size > 0)) broken.push({ suite, errors });
      for (const t of suite.tasks ?? []) {
        if (t.type === 'suite') visit(t);
        else if (m.tests.has(t.id)) take(m, t);
      }
    })(module.task);
    const blamed = new Set();
    for (const { suite, errors } of broken.reverse()) { // the innermost first
      const lost = m.victims.filter((t) => !blamed.has(t) && within(t, suite));
      for (const t of lost) blamed.add(t);
      const what = { f: m.f, ...place(errors[0], m.f), ...failure(errors) };
      if (suite === module.task && m.tests.size === 0 && m.left.size === 0) {
        const kind = /^No test (?:suite )?found in /.test(what.msg) ? 'empty' : 'load';
        tell({ k: 'broken', project: m.project, ...what, ...(kind === 'load' ? await reading(errors[0], m.f, module.project) : {}), kind });
      } else {
        tell({ k: 'broken', ...what, kind: 'setup', suite: titles(suite), tests: lost.length > 0 ? lost.map((t) => ({ ...m.tests.get(t.id), project: m.project })) : undefined });
      }
    }
    for (const t of m.victims) if (!blamed.has(t)) tell({ k: 'r', ...of(m, t.id), o: 'skipped' });
    if (cancelled === 'test-failure') stopped(m);
    const more = (ahead.get(m.f) ?? 1) - 1;
    ahead.set(m.f, more);
    if (more === 0) tell({ k: 'done', f: m.f });
  }

  function within(task, suite) {
    for (let t = task; t; t = t.suite ?? (t.filepath === undefined ? t.file : undefined)) if (t === suite || t.id === suite.id) return true;
    return false;
  }

  const listeners = {
    onInit: begin,
    onTestRunStart: start,
    onTestModuleQueued(module) {
      const m = know(module);
      tell({ k: 'file', f: m.f });
    },
    onTestModuleCollected(module) {
      const m = know(module);
      plan(m, module.task, module.project.config.testNamePattern);
    },
    onTestCaseReady(test) {
      const m = know(test.module);
      if (m.meant.has(test.id) && !live.has(test.project.config)) tell({ k: 's', ...of(m, test.id) }); // else its worker told it before
    },
    onTestCaseResult(test) {
      const m = know(test.module);
      if (!m.tests.has(test.id)) return;
      take(m, test.task);
    },
    onTestModuleEnd: finish,
    async onTestRunEnd(all, errors, reason) {
      if (unbegun) return;
      let tests = 0;
      for (const module of all) {
        const m = know(module);
        const { state } = module.task.result ?? {};
        if (state === 'fail' || state === 'pass' || state === 'skip') await finish(module); // vitest 3 tells of no end where a file broke
        tests += m.tests.size;
      }
      errors.flatMap((e) => e?.errors ?? [e]).forEach(unhandled);
      for (const m of modules.values()) if (!m.over && !dead.has(mark(m)) && cancelled === undefined) crash(m, 'its worker died'); // of a thread nothing more is known
      const bail = cancelled === 'test-failure';
      if (bail) for (const m of modules.values()) stopped(m);
      tell({ k: 'end', o: bail ? 'failed' : reason, why: bail ? 'bail' : undefined, tests, files: all.length });
    },
  };
  // What vitest knew and no longer ran, as it stops after so many failures.
  function stopped(m) {
    for (const id of m.tests.keys()) {
      if (m.told.has(id)) continue;
      m.told.add(id);
      tell({ k: 'r', ...of(m, id), o: 'notrun', why: 'bail' });
    }
  }

  // An error that no test caught names the file that ran then, if any. A worker that died is told of by its own end.
  function unhandled(err) {
    if (/^\[vitest-pool\]: Worker \w+ emitted error|^Worker (?:exited|terminated)|^Channel closed/.test(String(err?.message)) || err?.code === 'ERR_IPC_CHANNEL_CLOSED') return;
    const f = str(err?.VITEST_TEST_PATH);
    if (f === undefined) tell({ k: 'problem', ...failure([err]) });
    else tell({ k: 'broken', kind: 'late', f, ...place(err, f), ...failure([err]) });
  }
  const dead = new Set();
  const mark = ({ f, project = '' }) => `${f}\0${project}`;
  function crash({ f, project }, msg) {
    dead.add(mark({ f, project }));
    tell({ k: 'broken', kind: 'crash', f, project, msg });
  }
  require('./vitest-workers.cjs')({ settings, guarded, home: home.dir, crash });
  return true;
};
