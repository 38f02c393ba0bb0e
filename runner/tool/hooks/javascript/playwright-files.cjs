'use strict';
// What happens to playwright's test files before their tests: which one an error belongs to, and which a project has.
// See playwright.cjs.
module.exports = ({ settings, tell, guarded, describe, failure, home, listed }) => {
  const Module = require('module');
  const { existsSync, readFileSync, realpathSync } = require('fs');
  const { join, resolve } = require('path');
  const { inspect } = require('util');
  const { pathToFileURL } = require('url');
  const isTest = (file) => listed.has(file);
  // Older versions ask no reporter what to leave out (preprocess), so they don't say either how far they have come.
  const asks = guarded(() => readFileSync(join(home, 'types', 'testReporter.d.ts'), 'utf8').includes('preprocess'));

  // An error names its file only sometimes. CommonJS files are seen when they are asked for; the modules of others are kept
  // by node together with their error, and asked for again.
  const told = new Set(); // messages of errors that are told
  const asked = new Set(); // files that were seen
  let loading = false;
  let loaded = false; // playwright has come to the test files
  let broken = 0;
  const remember = (err) => {
    if (err instanceof AggregateError) return err.errors.forEach(remember);
    told.add(err instanceof Error ? `${err.name ? `${err.name}: ` : ''}${err.message}` : inspect(err));
  };
  function broke(file, err) {
    if (!isTest(file)) return; // what the project sets up before its tests
    remember(err);
    const first = err instanceof AggregateError ? err.errors[0] : err;
    const at = first?.loc ?? first?.position; // of the compiler; columns are counted from 0 without a file, from 1 with one
    const here = at && (at.file ?? file) === file;
    unload(file, { ...describe(first), l: here ? at.line : undefined, c: here ? at.column + (at.file === undefined ? 1 : 0) : undefined });
  }
  // A file that was not asked for is a stranger: playwright's own arguments match the ends of paths.
  function unload(file, what, kind = settings.whole || isTest(file) ? 'load' : 'stranger') {
    broken++;
    const msg = what.msg.split('\nRequire stack:')[0].replace(`${file}: `, '').replaceAll(join(process.cwd(), '/'), '');
    tell({ k: 'broken', f: file, kind, ...what, msg });
  }
  const load = Module._load;
  function watched(request, parent) {
    if (!loading || !isTest(request) || !parent?.filename?.startsWith(home)) return load.apply(this, arguments);
    loaded = true;
    asked.add(request);
    tell({ k: 'file', f: request });
    try {
      return load.apply(this, arguments);
    } catch (err) {
      guarded(() => broke(request, err));
      throw err;
    }
  }
  const exit = process.exit;
  function exiting(code) {
    guarded(() => {
      if (!loading) return;
      const { stack } = new Error('process.exit');
      const f = [...listed].find((file) => stack.includes(`${file}:`) || stack.includes(`${pathToFileURL(file)}:`));
      if (f !== undefined) tell({ k: 'file', f });
      tell({ k: 'exit', f, status: Number(code ?? process.exitCode ?? 0), stack });
    });
    return exit.apply(this, arguments);
  }

  function watch(on) {
    loading = on;
    if (on) [Module._load, process.exit] = [watched, exiting];
    else {
      if (Module._load === watched) Module._load = load;
      if (process.exit === exiting) process.exit = exit;
    }
  }
  // conclude tells of the errors that playwright met before its tests began: of a file, or of what all files count on.
  async function conclude(errors, config) {
    const open = () => errors.filter((e) => !told.has(e.message ?? e.value));
    const names = (e) => [...listed].some((file) => `${e.location?.file}\n${e.message}\n${e.stack}`.includes(file));
    loaded ||= !asks && errors.length > 0 && ((!config?.globalSetup && !config?.webServer) || open().some(names));
    if (loaded && open().some((e) => !isTest(e.location?.file))) {
      for (const file of listed) {
        if (asked.has(file) || !existsSync(file)) continue;
        try { await import(pathToFileURL(file).href); } catch (err) { guarded(() => broke(file, err)); }
      }
    }
    for (const e of open()) {
      const what = { ...failure([e]), l: e.location?.line, c: e.location?.column };
      const file = e.location?.file;
      if (loaded && file) unload(file, what);
      else tell({ k: 'broken', f: file ?? config?.configFile ?? process.cwd(), kind: 'root', ...what, msg: what.msg.split('\nRequire stack:')[0] });
    }
  }

  // Files that must not run are taken from the projects' patterns. A project with such a file is lame: what depends on it
  // can't run either.
  const lame = new Set();
  const gone = settings.leaveOut.map((file) => resolve(file)).filter((path) => existsSync(path)).flatMap((path) => [path, realpathSync(path)]);
  const exactly = new RegExp(`^(?:${gone.map((path) => path.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|')})$`);
  function leaveOut(project) {
    if (gone.length === 0) return;
    guarded(() => {
      if (gone.some((file) => belongs(project, file))) lame.add(project.name);
    });
    project.testIgnore = [project.testIgnore, exactly].flat();
  }
  function belongs(project, file) {
    const { createFileMatcher } = require(join(home, 'lib', 'util.js'));
    return file.startsWith(join(project.testDir, '/')) && createFileMatcher(project.testMatch)(file) && !createFileMatcher(project.testIgnore)(file);
  }
  // lacking is a project that the named one depends on, at whatever distance, and that can't run.
  function lacking(config, name, seen = new Set()) {
    if (seen.has(name)) return undefined;
    seen.add(name);
    const project = config.projects.find((p) => p.name === name);
    return (project?.dependencies ?? []).find((d) => lame.has(d) || lacking(config, d, seen));
  }

  // silent tells of files that were asked for and hold no test that runs: present and left are those of which tests are known.
  function silent(config, root, present, left) {
    const filter = lame.size > 0 || process.argv.some((arg) => /^(?:-g|-G|--grep|--project|--shard|--last-failed|--only-changed|--test-list)/.test(arg)) ||
      config.projects.some((p) => p.grepInvert || String(p.grep) !== '/.*/') || root.allTests().some((test) => test._only || test.parent._only);
    for (const file of listed) {
      if (present.has(file) || left.has(file) || !existsSync(file)) continue;
      const matched = guarded(() => config.projects.some((p) => belongs(p, file)));
      tell(filter || matched === false ? { k: 'absent', f: file } : { k: 'broken', f: file, kind: 'empty', msg: 'no test in it' });
    }
  }

  return {
    isTest, watch, conclude, leaveOut, lacking, silent,
    begin() { // playwright has come to the test files
      loaded = true;
    },
    missing() {
      for (const file of listed) if (!existsSync(file)) unload(file, { msg: 'no such file' }, 'gone');
    },
    broken: () => broken,
  };
};
