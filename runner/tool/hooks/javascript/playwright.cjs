'use strict';
// playwright's main process, where no test runs: a reporter of runner's beside those of the project. See preload.cjs.
//
// playwright adds what PW_TEST_REPORTER names to the reporters that are configured, and starts its workers after that: they
// never see the variable. All that is used here is its public Reporter interface, but for three things that are looked at
// where they are there: who loads a file, the place of a hook, and how a project's patterns match.
module.exports = ({ settings, tell, guarded, cap, plain, describe, release, chosen }) => {
  release();
  const Module = require('module');
  const { ChildProcess } = require('child_process');
  const { readFileSync, realpathSync } = require('fs');
  const { dirname, join, resolve } = require('path');

  const own = Module.createRequire(realpathSync(process.argv[1])); // as playwright itself finds its parts
  const home = guarded(() => dirname(own.resolve('playwright/package.json')));
  const { version } = guarded(() => JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))) ?? {};
  tell({ k: 'hook', run: settings.run, tool: 'playwright', version, node: process.versions.node });

  // Its workers: asked where they hang, and with --debug given the terminal's input.
  const running = new Set();
  const spawn = ChildProcess.prototype.spawn;
  ChildProcess.prototype.spawn = function (options) {
    guarded(() => {
      if (!options.args?.some((arg) => arg.startsWith(home) && /worker|process/i.test(arg.slice(home.length)))) return;
      if (settings.debug) options.stdio[0] = 'inherit';
      running.add(this);
      this.once('exit', () => running.delete(this));
    });
    const result = spawn.call(this, options);
    if (running.has(this)) guarded(() => tell({ k: 'worker', p: this.pid }));
    return result;
  };
  if (settings.stacks) require('./stacks.cjs')({ settings, guarded, running, name: () => 'a worker of playwright' });

  const listed = new Set(settings.files.map((file) => resolve(file)));

  // A test is known by its file, its titles, its project and, where it is repeated, by the number of the repetition. Other titles may
  // make the same once they are joined: those are counted, too.
  const known = new Map(); // test.id -> what we tell of it
  const twins = new Map(); // file, project and joined titles -> the titles that make them
  function nth(test, f, t, project) {
    const key = [f, project, t.join(' > ')].join('\0');
    const one = JSON.stringify(t);
    const all = twins.get(key) ?? [];
    if (!all.includes(one)) twins.set(key, [...all, one]);
    const n = (all.includes(one) ? all.indexOf(one) : all.length) + test.repeatEachIndex + 1;
    return n > 1 ? n : undefined;
  }
  function know(test) {
    let k = known.get(test.id);
    if (k === undefined) {
      let file = test.parent;
      while (file.type !== 'file' && file.parent) file = file.parent;
      const f = file._requireFile ?? file.location?.file ?? test.location.file;
      const t = test.titlePath().slice(3).map(cap);
      const project = test.parent.project()?.name || undefined;
      k = {
        f, t, project, n: nth(test, f, t, project),
        l: test.location.line, c: test.location.column, at: test.location.file === f ? undefined : test.location.file,
      };
      known.set(test.id, k);
    }
    return k;
  }

  // What a project needs first runs whole, whatever was selected.
  const needed = new Set(); // names of projects
  const kept = (test) => {
    const k = know(test);
    return needed.has(k.project) || ((settings.whole || listed.has(k.f)) && chosen(k.f, k.t, k.n, k.project));
  };

  function failure(errors) { // plain data of what playwright tells of a failure
    const texts = errors.map((e) => {
      const message = plain(e.message ?? e.value ?? '');
      const stack = plain(e.stack ?? '');
      const frames = stack.startsWith(message) ? stack.slice(message.length) : stack;
      const cause = e.cause ? `\ncaused by: ${plain(e.cause.stack ?? e.cause.message ?? e.cause.value ?? '')}` : '';
      return `${message}\n${e.snippet ? `\n${plain(e.snippet)}\n` : ''}${frames}${cause}`;
    });
    const msg = plain(errors[0]?.message ?? errors[0]?.value ?? '') || 'playwright says no reason';
    return { name: /^([A-Za-z]*Error)\b/.exec(msg)?.[1], msg: cap(msg), text: cap(texts.join('\n\n')) };
  }

  const files = require('./playwright-files.cjs')({ settings, tell, guarded, describe, failure, home, listed });

  const early = []; // errors before the tests
  let config;
  let root;
  let began = false;
  let results = 0;
  let none = false; // playwright says that it found no test
  let stopped = false; // it stopped by itself after failures
  let limit; // its own limit of the run has passed: its words
  const failedHooks = []; // beforeAll hooks: the suite that each one broke
  const pending = new Map(); // test.id -> the last try of a test that may be tried again
  const open = new Map(); // test.id -> a test that runs
  const step = (result, title) => result.steps.find((s) => s.category === 'hook' && s.title === title && s.error);

  // outcome is one try as runner counts it.
  function outcome(test, result) {
    const { status } = result;
    const expected = test.expectedStatus;
    if (status === 'interrupted') return { o: 'notrun', why: 'bail' };
    if (status === 'skipped' && expected === 'skipped') {
      const why = [...test.annotations].reverse().find((a) => a.type === 'skip' || a.type === 'fixme');
      return { o: why?.type === 'fixme' ? 'todo' : 'skipped', reason: why?.description === undefined ? undefined : cap(String(why.description)) };
    }
    if (status === 'skipped') return victim(test);
    if (status === expected) return { o: 'passed', expected: expected === 'failed' ? true : undefined };
    if (status === 'passed') return { o: 'failed', msg: 'Expected to fail, but passed.' };
    const what = failure(result.errors);
    if (/^Error: worker process exited unexpectedly/.test(what.msg)) return { o: 'errored', kind: 'crash', ...what };
    const before = step(result, 'Before Hooks');
    const inner = before?.steps.find((s) => s.error);
    const hook = inner?.title.replace(/ hook$/, '').replace(/^Fixture "(.*)"$/, 'fixture $1');
    if (inner?.title === 'beforeAll hook') failedHooks.push({ suite: suiteOf(test, inner.location), what: { ...what, hook } });
    if (status === 'timedOut') return { o: 'timedout', ...what };
    if (before) return { o: 'errored', kind: 'setup', hook, ...what };
    const after = [step(result, 'After Hooks'), step(result, 'Worker Cleanup')].filter(Boolean);
    if (after.length === 0 || result.errors.length > after.length) return { o: 'failed', ...what };
    return { o: 'errored', kind: 'setup', hook: after[0].steps.find((s) => s.error)?.title.replace(/ hook$/, ''), ...what };
  }
  // suiteOf is the suite whose hook stands at the place; the test's own where that can't be seen.
  function suiteOf(test, at) {
    for (let s = test.parent; s; s = s.parent) {
      if (s._hooks?.some((h) => h.type === 'beforeAll' && h.location?.file === at?.file && h.location?.line === at?.line && h.location?.column === at?.column)) return s;
    }
    return test.parent;
  }
  // victim is a test that playwright gave up before it began: a hook of its suite broke, or an earlier test of its serial group failed.
  function victim(test) {
    for (let s = test.parent; s; s = s.parent) {
      const hook = [...failedHooks].reverse().find((h) => h.suite === s);
      if (hook) return { o: 'errored', kind: 'setup', ...hook.what };
    }
    return { o: 'notrun', why: 'serial' };
  }
  function ended(test, result) {
    open.delete(test.id);
    if (result.status === 'interrupted' && !stopped) return; // the run was interrupted, or its own limit has passed
    const retried = test.retries > 0;
    const fields = { k: 'r', ...know(test), us: Math.round(result.duration * 1000), retry: retried ? result.retry : undefined, ...outcome(test, result) };
    const bad = !['passed', 'skipped', 'todo'].includes(fields.o);
    if (bad && result.stdout.length + result.stderr.length > 0) fields.out = cap(plain([...result.stdout, ...result.stderr].map(String).join('')));
    const again = retried && bad && result.retry < test.retries;
    if (again) pending.set(test.id, fields);
    else finish(test);
    tell({ ...fields, last: retried ? !again : undefined });
  }
  function finish(test) {
    pending.delete(test.id);
    results++;
  }
  // unstarted is why a test has no result.
  function unstarted(test) {
    if (open.has(test.id)) return limit === undefined ? undefined : { o: 'timedout', msg: limit };
    const lame = (test.parent.project()?.dependencies ?? []).find((name) => root.allTests().some((other) => know(other).project === name && !other.ok()));
    if (lame !== undefined) return { o: 'notrun', why: 'dependency', reason: lame };
    if (stopped) return { o: 'notrun', why: 'bail' };
    return limit === undefined ? undefined : { o: 'notrun', why: 'limit' };
  }

  // Versions that ask no reporter which tests to leave out have the expression of --grep in an object behind a symbol. It gets
  // one that takes no less than what was selected; what still runs beside that is not counted.
  let others = 0;
  let failedOthers = 0;
  function narrow(full) {
    const inner = Object.getOwnPropertySymbols(full).map((symbol) => full[symbol]).find((value) => value !== null && typeof value === 'object' && 'cliGrep' in value);
    const wanted = Object.values(settings.select?.tests ?? {}).flat();
    if (inner === undefined || inner.cliGrep || wanted.length === 0 || needed.size > 0) return;
    const titles = (w) => (w.base ?? w.name.replace(/ \[[^\]]*\]$/, '')).split(' > ').map((title) => title.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('[^]*');
    inner.cliGrep = wanted.map((w) => `(?:${titles(w)})`).join('|');
  }

  const left = new Map(); // file -> tests that the selection left out
  function leave(test) {
    const { f } = know(test);
    left.set(f, (left.get(f) ?? 0) + 1);
  }

  return class Runner {
    version() { return 'v2'; }
    printsToStdio() { return false; }

    onConfigure(full) {
      guarded(() => {
        config = full;
        if (settings.share > 0) full.workers = Math.min(full.workers, settings.share);
        for (const project of full.projects) {
          for (const name of [project.dependencies ?? [], project.teardown ?? []].flat()) needed.add(name);
          files.leaveOut(project);
        }
        narrow(full);
        files.missing();
        files.watch(true);
      });
    }

    preprocess({ suite, testRun }) {
      guarded(() => {
        files.begin();
        for (const test of suite.allTests()) {
          const lacking = files.lacking(config, know(test).project);
          if (!kept(test)) leave(test);
          else if (lacking !== undefined && !needed.has(know(test).project)) {
            results++;
            tell({ k: 'r', ...know(test), o: 'notrun', why: 'dependency', reason: lacking });
          } else continue;
          testRun.exclude(test);
        }
      });
    }

    onBegin(suite) {
      guarded(() => {
        files.watch(false);
        tell({ k: 'patched' });
        tell({ k: 'start' });
        root = suite;
        began = suite.suites.length > 0;
        const byFile = new Map();
        for (const test of suite.allTests()) {
          if (!kept(test)) {
            leave(test);
            continue;
          }
          const { f, ...k } = know(test);
          if (!byFile.has(f)) byFile.set(f, []);
          byFile.get(f).push(k);
        }
        for (const [f, n] of left) tell({ k: 'left', f, n });
        for (const [f, tests] of byFile) tell({ k: 'plan', f, tests });
        if (began || none && files.broken() === 0) files.silent(config, suite, new Set([...known.values()].map((k) => k.f)), left);
      });
    }

    onTestBegin(test) {
      guarded(() => {
        if (!kept(test)) return;
        open.set(test.id, test);
        tell({ k: 's', ...know(test) });
      });
    }

    onTestEnd(test, result) {
      guarded(() => {
        if (kept(test)) return ended(test, result);
        others++;
        if (!test.ok()) failedOthers++;
      });
    }

    onError(error, worker) {
      guarded(() => {
        const message = plain(error.message ?? '');
        if (/^Testing stopped early after \d+ maximum allowed failures/.test(message)) stopped = true;
        else if (/^Timed out waiting \S+ for the .* to run/.test(message) && began) limit ??= message;
        else if (/^Error: No tests found/.test(message)) none = true;
        else if (!began) early.push(error);
        else {
          const what = failure([error]);
          const hook = worker ? 'the end of a worker' : 'the end of the run';
          tell({ k: 'broken', f: error.location?.file ?? config.configFile ?? process.cwd(), kind: 'setup', hook, l: error.location?.line, ...what, msg: what.msg.split('\n\nFailed worker ran')[0] });
        }
      });
    }

    async onEnd({ status }) {
      try {
        if (!began) await files.conclude(early, config);
      } catch (err) {
        guarded(() => { throw err; });
      }
      guarded(() => {
        for (const fields of pending.values()) {
          results++;
          tell({ ...fields, last: true });
        }
        for (const test of root?.allTests() ?? []) {
          if (!kept(test) || test.results.length > 0 && !open.has(test.id)) continue;
          const why = unstarted(test);
          if (why === undefined) continue;
          results++;
          tell({ k: 'r', ...know(test), ...why });
        }
        if (others > 0) tell({ k: 'note', msg: `playwright ${version} can't leave out single tests: ${others} more ran, and are not counted` });
        const why = stopped ? 'bail' : failedOthers > 0 ? 'others' : limit !== undefined ? 'limit' : !began && files.broken() > 0 ? 'broken' : none ? 'none' : undefined;
        tell({ k: 'end', o: status, tests: results, files: new Set([...known.values()].map((k) => k.f)).size, why });
      });
    }
  };
};
