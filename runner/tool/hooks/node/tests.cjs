'use strict';
// The part of a process that runs a test file. See preload.cjs.
//
// node's events alone name neither a test's parents nor, before node 22, whether it is a suite, so each event is joined
// with node's own object of the test. The class is not exported: its objects are the AsyncResources of the type "Test",
// and an event carries the very `loc` object of its test. The methods of node's stream of events are wrapped on that one
// object (enqueue, dequeue, complete, ok, fail and push are there in 20, 22 and 24); they return before a test's own
// code runs, so no frame of ours is ever in a test's stack.
module.exports = ({ settings, tell, guarded, str, cap, safeDescribe }) => {
  const { createHook } = require('async_hooks');
  const { basename, posix, relative } = require('path');
  const file = process.argv[1];

  // A test file that has checks of its own and none of node:test's is one test to node: its exit status is the result.
  // One that could not fail by its own word, and one that others load, is no test at all.
  function ownScript() {
    if (!/^test(-.*)?\.[cm]?[jt]s$|[._-]test\.[cm]?[jt]s$/.test(basename(file))) return false;
    const text = require('fs').readFileSync(file, 'utf8');
    if (/['"]node:test['"]|\bmodule\s*\.\s*exports\b|\bexports\s*\.\s*\w|^\s*export\s/m.test(text)) return false;
    return /(?:\brequire\s*\(|\bfrom\b|\bimport\b)\s*\(?\s*(['"])(?:node:)?assert(?:\/strict)?\1/.test(text) ||
      /\bprocess\s*\.\s*(?:exit\s*\(|exitCode\b)/.test(text);
  }
  let script;
  guarded(() => { script = ownScript() || undefined; });
  tell({ k: 'file', file, node: process.versions.node, run: settings.run, script });
  if (script && settings.select) {
    const { tests, filter, dir } = settings.select;
    const key = relative(process.cwd(), file).replaceAll('\\', '/');
    const named = tests === undefined || (tests[key] ?? tests[file] ?? []).some((w) => w.name === '');
    if (!named || (filter !== undefined && !new RegExp(filter, 'u').test(posix.join(dir ?? '.', key)))) {
      tell({ k: 'deselected', count: 1 });
      process.reallyExit(0);
    }
  }

  let root; // node's root test, once there is one
  let adopted = false;
  let fresh = []; // tests that were just made
  let deselected = 0;
  const byLoc = new WeakMap(); // a test's own place object -> the test
  const known = new WeakMap(); // test -> {id, n, path, told, done}
  const filtered = new WeakSet(); // tests that the selection left out
  const ordinals = new Map(); // joined titles -> how many there are
  let ids = 0;

  const joined = (path) => path.join(' > ').replace(/\p{Surrogate}/gu, '\ufffd'); // the name as its ID has it
  const titles = (test) => {
    const path = [];
    for (let t = test; t && t.parent; t = t.parent) path.unshift(String(t.name));
    return path;
  };
  function know(test) {
    let k = known.get(test);
    if (!k) {
      const path = titles(test).map(cap);
      const key = joined(path);
      const n = (ordinals.get(key) ?? 0) + 1;
      ordinals.set(key, n);
      k = { id: ++ids, n, path, told: false, done: undefined };
      known.set(test, k);
    }
    return k;
  }
  const isSuite = (test) => test.reportedType === 'suite';
  function plan(test) {
    const k = know(test);
    if (k.told) return k;
    k.told = true;
    const loc = test.loc ?? {};
    tell({ k: 'plan', id: k.id, n: k.n, path: k.path, suite: isSuite(test), at: loc.file, line: loc.line });
    return k;
  }

  // A test that was cancelled did nothing wrong: the nearest hook that failed above it is the cause.
  function hookAbove(test) {
    for (let t = test.parent; t; t = t.parent) if (t.error?.failureType === 'hookFailed') return safeDescribe(t.error);
    return undefined;
  }
  function outcome(test, data, passed) {
    const err = passed ? undefined : safeDescribe(data.details.error);
    return {
      passed, err, ms: data.details.duration_ms, skip: data.skip === true ? '' : str(data.skip), todo: data.todo === true ? '' : str(data.todo),
      hook: err?.failure === 'cancelledByParent' ? hookAbove(test) : undefined,
      victims: isSuite(test) && test.subtests.some((t) => t.error?.failureType === 'cancelledByParent') ? true : undefined,
      expected: data.expectFailure === undefined ? undefined : true,
    };
  }
  // node 20 makes a skipped test of one that its own filters leave out; later ones do not report it.
  const filterSaid = (test) => !isSuite(test) && test.skipped &&
    (test.message === 'test name does not match pattern' || test.message === "'only' option not set");
  const leftOut = (test) => filtered.has(test) || filterSaid(test);

  function at(loc) {
    for (const test of fresh) if (test.loc) byLoc.set(test.loc, test);
    fresh = [];
    return loc ? byLoc.get(loc) : undefined;
  }
  function finished(test, data, passed) {
    if (leftOut(test)) {
      if (!filtered.has(test)) deselected++;
      return;
    }
    const k = plan(test);
    const final = k.done && k.done.passed === passed && k.done.error === data.details.error;
    k.done = undefined;
    if (final) tell({ k: 'report', id: k.id });
    else tell({ k: 'result', id: k.id, ...outcome(test, data, passed) });
  }
  function leaving() {
    if (deselected > 0) tell({ k: 'deselected', count: deselected });
    deselected = 0;
  }

  function adopt() {
    const stream = root.reporter;
    const before = (name, f) => {
      const method = stream[name];
      stream[name] = function (...args) {
        guarded(() => f(...args));
        return method.apply(this, args);
      };
    };
    before('enqueue', (_, loc) => {
      const test = at(loc);
      if (test && !leftOut(test)) plan(test);
    });
    before('dequeue', (_, loc) => {
      const test = at(loc);
      if (test && !isSuite(test) && !leftOut(test)) tell({ k: 'open', id: plan(test).id });
    });
    before('complete', (_, loc, __, ___, details, directive) => {
      // It ended. Its report may have to wait for an earlier test that still runs: if the file dies now, this is its result.
      const test = at(loc);
      const data = { details, ...directive };
      if (!test || isSuite(test) || leftOut(test)) return;
      const k = plan(test);
      k.done = { passed: details.passed, error: details.error };
      tell({ k: 'done', id: k.id, ...outcome(test, data, details.passed) });
    });
    const result = (passed) => (_, loc, __, ___, details, directive) => {
      const test = at(loc);
      if (!test || test.hookType !== undefined) tell({ k: 'file-hook', err: safeDescribe(details.error), line: loc?.line });
      else finished(test, { details, ...directive }, passed);
    };
    before('ok', result(true));
    before('fail', result(false));
    before('diagnostic', (nesting, loc, message) => {
      if (nesting === 0 && loc === root.loc) tell({ k: 'file-diagnostic', message: str(message) });
    });
    before('push', (chunk) => {
      if (chunk !== null) return;
      leaving();
      tell({ k: 'file-done' });
    });
    // A test that a later node leaves out goes through another stream of the same class, which nobody reads.
    const { enqueue } = Object.getPrototypeOf(stream);
    Object.getPrototypeOf(stream).enqueue = function (...args) {
      guarded(() => {
        const test = this === stream ? undefined : at(args[1]);
        if (test && !isSuite(test) && !filtered.has(test)) deselected++;
      });
      return enqueue.apply(this, args);
    };
    if (settings.select) select(Object.getPrototypeOf(root), settings.select);
  }

  // select makes node's own filter by name exact: by the whole path of titles, and by which of several equal ones.
  function select(proto, chosen) {
    const wanted = chosen.tests?.[relative(process.cwd(), file).replaceAll('\\', '/')] ?? chosen.tests?.[file];
    const pattern = chosen.filter === undefined ? null : new RegExp(chosen.filter, 'u');
    const verdicts = new WeakMap();
    function named(test, full, n) { // an ID without an ordinal is the first of several tests, and every suite of that name
      const suite = Object.getPrototypeOf(test) !== proto; // isSuite can't tell yet: it is being made
      return wanted.some((w) => w.name === '' || (w.name === full && (n === 1 || suite)) || (w.base === full && w.n === n));
    }
    function above(full) {
      return wanted.some((w) => w.name.startsWith(`${full} > `));
    }
    // 2: it and what lies below; 1: only on the way to what is wanted; 0: left out
    function verdict(test) {
      if (!test.parent) return 1;
      let v = verdicts.get(test);
      if (v === undefined) {
        const k = know(test);
        const full = joined(k.path);
        const up = verdict(test.parent);
        const inTests = chosen.tests === undefined || up === 2 || (wanted !== undefined && named(test, full, k.n));
        const inFilter = pattern === null || up === 2 || pattern.test(full);
        v = inTests && inFilter ? 2 : wanted !== undefined && above(full) ? 1 : 0;
        verdicts.set(test, v);
      }
      return v;
    }
    const old = Object.hasOwn(proto, 'willBeFilteredByName') ? 'willBeFilteredByName' : 'matchesTestNamePatterns';
    const native = proto[old];
    const inverse = old === 'willBeFilteredByName';
    proto[old] = function () {
      let out = false;
      guarded(() => {
        out = verdict(this) === 0;
        // A suite is only a way: node 20 always builds it, later ones take it back in when a test below it is chosen.
        if (out && Object.getPrototypeOf(this) === proto && !filtered.has(this)) {
          filtered.add(this);
          deselected++;
        }
      });
      if (!out && chosen.native) {
        const said = native.call(this);
        guarded(() => {
          if (said === inverse && this.parent && Object.getPrototypeOf(this) === proto && !filtered.has(this)) {
            filtered.add(this);
            deselected++;
          }
        });
        return said;
      }
      return inverse ? out : !out;
    };
  }

  createHook({
    init(_, type, __, resource) {
      if (type !== 'Test') return;
      guarded(() => {
        if (root === undefined) {
          if (typeof resource.postRun === 'function' && typeof resource.createSubtest === 'function') root = resource; // the first one is the root
          return;
        }
        if (!adopted) { // the second is being made: by now the root is whole
          adopted = true;
          adopt();
        }
        fresh.push(resource);
      });
    },
  }).enable();

  // How the process ends, when it does not end by itself. reallyExit is what process.exit ends in; process.exit itself
  // is left as it is, since tests compare and replace it.
  const reallyExit = process.reallyExit;
  process.reallyExit = function (code) {
    guarded(() => {
      const over = root !== undefined && root.subtests.length > 0 && root.pendingSubtests.length === 0 && root.subtests.every((t) => t.endTime !== null);
      leaving();
      tell({ k: 'exit', code: Number(code ?? process.exitCode ?? 0), over, stack: cap(String(new Error('process.exit').stack)) });
    });
    return reallyExit.apply(this, arguments);
  };
  let uncaught = 0;
  process.on('uncaughtExceptionMonitor', (err, origin) => {
    if (++uncaught <= 20) guarded(() => tell({ k: 'uncaught', origin: str(origin), err: safeDescribe(err), line: importLine(err) }));
  });

  // importLine finds the line of the test file whose import led to a missing module: node gives none for ES modules, and
  // for others its own frames often push the test file's off the stack.
  function importLine(err) {
    const { dirname, resolve } = require('path');
    let wanted;
    if (err?.code === 'ERR_MODULE_NOT_FOUND') wanted = /^Cannot find (?:module|package) '([^']+)'/.exec(err.message)?.[1];
    else if (err?.code === 'MODULE_NOT_FOUND' && err.requireStack?.length > 1) wanted = err.requireStack.at(-2);
    if (wanted === undefined) return undefined;
    const lines = require('fs').readFileSync(file, 'utf8').split('\n');
    for (let i = 0; i < lines.length; i++) {
      for (const [, , text] of lines[i].matchAll(/(['"])(.*?)\1/g)) {
        const path = text.startsWith('.') ? resolve(dirname(file), text) : text;
        if (path === wanted || wanted.startsWith(`${path}.`) || wanted.startsWith(`${path}/index.`) || text.startsWith(`${wanted}/`)) return i + 1;
      }
    }
    return undefined;
  }
};
