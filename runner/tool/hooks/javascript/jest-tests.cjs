'use strict';
// jest: the process that runs a test file, the main one or a worker. See jest.cjs.
//
// Tests are told from the events of jest-circus, heard through the environment's own listener beside what the user's
// environment does there.
module.exports = ({ settings, tell, guarded, cap, plain, describe, chosen, joined }, { SHARED, projectOf, replace }) => {
  const { existsSync, readFileSync } = require('fs');

  let shared; // Set of files, once it was read
  let current; // the file that runs in this process, and its project where it has several: { f, project }
  let flush = () => {};
  function circus(module) {
    const adapter = module.exports.default ?? module.exports;
    if (typeof adapter !== 'function') return;
    const wrapped = function (globalConfig, config, environment, runtime, path, ...more) { // not async: it must not be seen in stacks
      guarded(() => {
        shared ??= new Set(existsSync(SHARED) ? JSON.parse(readFileSync(SHARED, 'utf8')) : []);
        tell({ k: 'file', run: settings.run, f: path });
        current = { f: path, project: shared.has(path) ? projectOf(config) : undefined };
        watch(environment, path, current.project);
      });
      // Nothing may wait for the promise but jest: the stack of a test would end here.
      return adapter.call(this, globalConfig, config, environment, runtime, path, ...more);
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
        const key = joined(t);
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
        case 'teardown':
          current = undefined;
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
  return { circus, flush: () => flush(), current: () => current };
};
