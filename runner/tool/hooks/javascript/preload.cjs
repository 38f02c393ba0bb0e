'use strict';
// What runner loads into jest, vitest and mocha through --require in NODE_OPTIONS, and into playwright as a reporter.
//
// It writes one JSON object a line to the file "events" (the words are in javascript_record.go) and leaves no trace: the
// token is taken out of its variable before any line of the user's runs, so that tests, their workers and their children see
// the environment and the arguments of a plain run. Settings lie beside this file, so no variable is needed for them.
// What is particular to a tool stands in TOOL.cjs, a function of the kit below that hooks the tool's own modules.
// Nothing here may ever throw into the user's program: each hook is guarded, and a fault is a line of the kind "fault".
(() => {
  const { isMainThread } = require('worker_threads');
  delete require.cache[__filename];
  const settings = require('./javascript.json');
  delete require.cache[require.resolve('./javascript.json')];
  // Worker threads run --require files again: only those that were given it on purpose are the tool's own.
  const thread = !isMainThread && process.execArgv.includes(`--require=${__filename}`);
  if (!isMainThread && !thread) return;

  const { variable, token } = settings;
  const value = process.env[variable] ?? '';
  const ours = value === token || value.startsWith(token + settings.sep);
  if (!ours && !thread) return; // a child that a test started: none of ours

  // The user's tests may replace any of these; ours are taken before.
  const { openSync, readFileSync, writeSync } = require('fs');
  const { stringify } = JSON;
  const { inspect, stripVTControlCharacters } = require('util');
  const { relative, resolve } = require('path');
  const pid = process.pid;
  const home = process.cwd();
  const CAP = 64 << 10; // characters a text, head and tail kept
  let fd;

  function cap(text) {
    if (text.length <= CAP) return text;
    return `${text.slice(0, CAP / 2)}\n… ${text.length - CAP} characters left out …\n${text.slice(-CAP / 2)}`;
  }
  const ascii = (text) => text.replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  // Who asks a process from outside where it hangs must know that its number has not gone to another one: see ask.cjs.
  function born() {
    if (settings.stacks === undefined || process.platform !== 'linux') return undefined;
    const stat = readFileSync('/proc/self/stat', 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]; // ticks since the machine's start
  }
  function tell(record) {
    try {
      fd ??= openSync(settings.events, 'a');
      writeSync(fd, ascii(stringify({ p: pid, ...record, born: record.run === undefined ? undefined : born() })) + '\n');
    } catch { /* a full disk or a revoked right: the missing end line tells it */ }
  }
  function guarded(f) {
    try { return f(); } catch (err) {
      tell({ k: 'fault', msg: cap(String(err?.stack ?? err)) });
      return undefined;
    }
  }
  const str = (v) => (v === undefined || v === null ? undefined : cap(String(v)));
  const plain = (text) => stripVTControlCharacters(String(text)); // tools colour their messages where they see a terminal

  // describe makes plain data of what was thrown, an error or any value at all: the fields name, code, msg and text of a line.
  function describe(err) {
    try {
      if (err === undefined || err === null) return { msg: String(err) };
      if (typeof err !== 'object' || typeof err.message !== 'string') return { msg: cap(plain(typeof err === 'string' ? err : inspect(err, { depth: 3 }))) };
      let text = plain(err.stack ?? '');
      for (let deeper = err.cause, depth = 0; deeper !== undefined && deeper !== null && depth < 5; deeper = deeper.cause, depth++) {
        text += `\ncaused by: ${plain(deeper?.stack ?? inspect(deeper, { depth: 2 }))}`;
      }
      if (Array.isArray(err.errors)) for (const one of err.errors.slice(0, 10)) text += `\nwith: ${plain(one?.stack ?? inspect(one, { depth: 2 }))}`;
      return { name: str(err.name), code: str(err.code), msg: cap(plain(err.message)), text: cap(text) };
    } catch {
      return { msg: 'an error that cannot be read (its properties throw)' };
    }
  }

  // release takes our token out of its variable: the token alone, since package managers put their own there after us.
  function release() {
    const now = process.env[variable];
    if (now === token) delete process.env[variable];
    else if (now?.startsWith(token + settings.sep)) process.env[variable] = now.slice(token.length + settings.sep.length);
  }

  // capture gives our token to the processes that the tool itself starts with such arguments, and to no other.
  function capture(match) {
    const { ChildProcess } = require('child_process');
    const spawn = ChildProcess.prototype.spawn;
    ChildProcess.prototype.spawn = function (options) {
      guarded(() => {
        const pairs = options?.envPairs;
        if (!Array.isArray(pairs) || variable !== 'NODE_OPTIONS' || !match(options.args ?? [])) return;
        const at = pairs.findIndex((pair) => pair.startsWith('NODE_OPTIONS='));
        if (at < 0) pairs.push(`NODE_OPTIONS=${token}`);
        else if (!pairs[at].startsWith(`NODE_OPTIONS=${token}`)) pairs[at] = `NODE_OPTIONS=${token} ${pairs[at].slice('NODE_OPTIONS='.length)}`;
      });
      return spawn.call(this, options);
    };
  }

  // chosen says whether the selection wants a test: by its file, its titles from the outermost suite on and, among those of
  // the same titles, its number from 1. A project may end the name. Without a selection that is every test.
  const key = (file) => relative(home, resolve(home, file)).replaceAll('\\', '/');
  const joined = (titles) => titles.join(' > ').replace(/\p{Surrogate}/gu, '\ufffd'); // the name as its ID has it
  const select = settings.select ?? {};
  const pattern = select.filter === undefined ? null : new RegExp(select.filter, 'u');
  function chosen(file, titles, n = 1, project = undefined) {
    if (select.tests === undefined && pattern === null) return true;
    const names = titles.map((_, i) => joined(titles.slice(0, i + 1)));
    const is = (name, wanted) => name === wanted || (project !== undefined && `${name} [${project}]` === wanted);
    const full = names.at(-1) ?? '';
    const wanted = select.tests?.[key(file)] ?? select.tests?.[file];
    const inTests = select.tests === undefined || (wanted ?? []).some((w) =>
      w.name === '' || (is(full, w.name) && n === 1) || (is(full, w.base) && w.n === n) || names.slice(0, -1).some((name) => is(name, w.name)));
    return inTests && (pattern === null || pattern.test(project === undefined ? full : `${full} [${project}]`));
  }

  const kit = { settings, thread, tell, guarded, str, cap, plain, describe, release, capture, chosen, joined, key };
  module.exports = guarded(() => require(`./${settings.tool}.cjs`)(kit));
  for (const name of Object.keys(require.cache)) if (name.startsWith(__dirname)) delete require.cache[name];
  // Module also keeps the children of the preloading module, and the paths that it resolved.
  const Module = require('module');
  for (const name of Object.keys(Module._pathCache)) if (Module._pathCache[name].startsWith(__dirname)) delete Module._pathCache[name];
})();
