// The part of a vitest worker: a setup file before those of the project, in each context in which tests run (process,
// thread, vm). It writes starts and results at once, so that what a dying or spinning worker was at is known, and
// keeps what the selection leaves out from running. See vitest.cjs.
import { openSync, readFileSync, writeSync } from 'node:fs';
import choose from './vitest-select.mjs';

const settings = JSON.parse(readFileSync(new URL('./vitest-worker.json', import.meta.url), 'utf8'));
const { stringify } = JSON;
const pid = process.pid;
let fd;
function tell(record) {
  try {
    fd ??= openSync(settings.events, 'a');
    writeSync(fd, stringify({ p: pid, ...record }) + '\n');
  } catch { /* a full disk or a revoked right: the main process tells it all again */ }
}
function guarded(f) {
  try { f(); } catch (err) { tell({ k: 'fault', msg: String(err?.stack ?? err) }); }
}

const adopted = new WeakSet();
const told = new WeakMap(); // test -> how it is named
function adopt(runner) {
  if (adopted.has(runner)) return;
  adopted.add(runner);
  const { onCollected, onBeforeRunTask, onAfterRunTask } = runner;
  runner.onCollected = function (files) {
    guarded(() => files.forEach(collected));
    return onCollected?.apply(this, arguments);
  };
  runner.onBeforeRunTask = async function (test) {
    await onBeforeRunTask?.apply(this, arguments);
    guarded(() => {
      const named = told.get(test);
      if (named !== undefined && (test.mode === 'run' || test.mode === 'queued')) tell({ k: 's', ...named });
    });
  };
  runner.onAfterRunTask = async function (test) {
    await onAfterRunTask?.apply(this, arguments);
    guarded(() => {
      const named = told.get(test);
      if (named === undefined) return;
      const { state, errors, duration } = test.result ?? {};
      const why = state === 'pass' ? {} : { name: errors?.[0]?.name, msg: String(errors?.[0]?.message ?? '').slice(0, 64 << 10) };
      tell({ k: 'r', ...named, live: true, o: state === 'pass' ? 'passed' : 'failed', us: Math.round((duration ?? 0) * 1000), ...why });
    });
  };
}
const projectOf = (file, name) => (settings.shared.includes(file) ? name || undefined : undefined); // where it runs in several
const runs = (task) => task.mode === 'run' || task.mode === 'queued';
function collected(file) {
  const project = projectOf(file.filepath, file.projectName);
  const all = choose(file, settings.select, settings.dir, project);
  for (const { test, t, n, chosen } of all) {
    if (!chosen && runs(test)) test.mode = 'skip';
    if (!chosen) continue;
    const named = { t, n: n > 1 ? n : undefined, l: test.location?.line, c: test.location?.column };
    told.set(test, { f: file.filepath, project, ...named });
  }
  if (settings.select === undefined || settings.select === null) return;
  (function empty(suite) { // as vitest does with its own filter: hooks of a suite without a test to run are not run
    for (const task of suite.tasks) if (task.type === 'suite') empty(task);
    if (runs(suite) && suite.tasks.length > 0 && !suite.tasks.some(runs)) suite.mode = 'skip';
  })(file);
}

let Runner;
for (const url of settings.classes) Runner ??= await import(/* @vite-ignore */ url).then((all) => all.TestRunner ?? all.VitestTestRunner);
const proto = Runner.prototype;
const { importFile } = proto;
if (importFile.ours !== settings.run) {
  proto.importFile = function (path, source) {
    if (source === 'collect') {
      tell({ k: 'file', run: settings.run, f: String(path), project: projectOf(String(path), this.config?.name) });
      guarded(() => adopt(this));
    }
    return importFile.apply(this, arguments);
  };
  Object.defineProperty(proto.importFile, 'ours', { value: settings.run });
}
