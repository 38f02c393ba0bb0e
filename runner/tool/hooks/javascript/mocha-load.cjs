'use strict';
// The class Mocha, as far as it loads test files. See mocha.cjs.
//
// A file that can't be loaded ends mocha before any test of any file has run: here each file is loaded apart, and what a
// broken one had defined until then is taken back.
module.exports = ({ settings, tell, guarded, plain, describe }, Mocha, run) => {
  const { resolve } = require('path');
  const { Suite } = Mocha;

  const TYPES = ['suites', 'tests', '_beforeAll', '_afterAll', '_beforeEach', '_afterEach', '_onlyTests', '_onlySuites'];
  const EVENTS = Object.entries(Suite.constants).filter(([name]) => name.startsWith('EVENT_FILE_')).map(([, event]) => event);
  const bound = new WeakMap(); // mocha -> the listeners of its interface
  const { ui, loadFilesAsync } = Mocha.prototype;
  Mocha.prototype.ui = function () {
    const before = EVENTS.map((event) => this.suite.listeners(event));
    const result = ui.apply(this, arguments);
    guarded(() => bound.set(this, { args: [...arguments], added: EVENTS.map((event, i) => this.suite.listeners(event).slice(before[i].length)) }));
    return result;
  };
  // An interface keeps the suites that are being defined to itself: after a file that threw inside one, it must begin anew.
  function rebind(mocha) {
    const { args, added } = bound.get(mocha) ?? { args: [mocha.options.ui], added: [] };
    added.forEach((listeners, i) => listeners.forEach((f) => mocha.suite.removeListener(EVENTS[i], f)));
    mocha.ui(...args);
  }
  // Each file is loaded as mocha loads it, but apart. Our own frame stays out of the stack of what the file runs.
  async function load(mocha, args) {
    const { files, suite } = mocha;
    run.main = mocha;
    run.count = 0;
    try {
      for (const file of files) {
        const sizes = TYPES.map((type) => suite[type].length);
        const before = run.count;
        run.current = resolve(file);
        tell({ k: 'file', run: settings.run, f: run.current });
        mocha.files = [file];
        try {
          await Promise.resolve().then(loadFilesAsync.bind(mocha, ...args));
        } catch (err) {
          guarded(() => tell({ k: 'broken', f: run.current, kind: 'load', ...describe(err), ...checked(err, run.current) }));
          if (run.worker || !run.files.includes(run.current)) throw err; // the others count on what --file names
          TYPES.forEach((type, i) => { suite[type].length = sizes[i]; });
          run.count = before;
          rebind(mocha);
          run.errors.add({ err });
          continue;
        }
        guarded(() => TYPES.forEach((type, i) => {
          if (type.startsWith('_before') || type.startsWith('_after')) for (const hook of suite[type].slice(sizes[i])) run.hooks.set(hook, run.current);
        }));
        if (run.count === before && !mocha.options.delay) tell({ k: 'broken', f: run.current, kind: 'empty' });
      }
    } finally {
      mocha.files = files;
    }
  }
  Mocha.prototype.loadFilesAsync = function (...args) {
    if (run.worker ? this.isWorker : run.main === undefined) return load(this, args);
    return loadFilesAsync.apply(this, args);
  };
  // checked finds what an error does not say of itself: ts-node and esbuild name the place in their text, and the error of
  // an import of an ES module with a syntax error names none, so node is asked for it.
  function checked(err, file) {
    const said = /^(.+?)[(:](\d+)[,:](\d+)\)?(?: - |: )(error.*)$/im.exec(plain(err?.message ?? ''));
    if (said && /^(TSError|TransformError)$|^Error$/.test(err.name) && resolve(said[1]) === file) {
      return { l: Number(said[2]), c: Number(said[3]), name: /^ERROR|TS1\d{3}\b/.test(said[4]) ? 'SyntaxError' : err.name, msg: said[4].replace(/^error:? /i, '') };
    }
    if (err?.name !== 'SyntaxError' || /^\S+:\d+\n/.test(err.stack)) return {};
    const { stderr, status } = require('child_process').spawnSync(process.execPath, ['--check', file], { encoding: 'utf8', timeout: 10000 });
    const lines = stderr.split('\n');
    const place = /^.*:(\d+)$/.exec(lines[0]);
    return place && status !== 0 ? { l: Number(place[1]), c: (lines[2] ?? '').indexOf('^') + 1 || undefined } : {};
  }
};
