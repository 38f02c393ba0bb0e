'use strict';
// The launcher's part: the process with --test, where no test runs. See preload.cjs.
module.exports = ({ settings, tell, guarded, str, cap, safeDescribe, major }) => {
  const { ChildProcess } = require('child_process');
  const { Readable } = require('stream');
  const { resolve } = require('path');
  tell({ k: 'launcher', node: process.versions.node, run: settings.run });

  // From node 21 on, paths are glob patterns: a file named [id].test.js must match itself.
  if (major >= 21) {
    const known = new Set(settings.files);
    process.argv = process.argv.map((arg) => (known.has(arg) ? arg.replace(/[[\]{}*?()!+@]/g, (c) => (c === ']' ? c : `[${c}]`)) : arg));
  }

  // Each test process gets our token (and drops it at once), and what a plain run would have given it: node copies its own
  // options into a test's arguments, from 24 on those of NODE_OPTIONS and its defaults too.
  const running = new Set(); // test processes, for the stacks
  const dropped = new Set([settings.token, `--require=${settings.preload}`, ...settings.strip]);
  const spawn = ChildProcess.prototype.spawn;
  ChildProcess.prototype.spawn = function (options) {
    guarded(() => {
      const pairs = options?.envPairs;
      if (!Array.isArray(pairs) || !pairs.some((pair) => pair.startsWith('NODE_TEST_CONTEXT='))) return;
      const at = pairs.findIndex((pair) => pair.startsWith('NODE_OPTIONS='));
      if (at < 0) pairs.push(`NODE_OPTIONS=${settings.token}`);
      else pairs[at] = `NODE_OPTIONS=${settings.token} ${pairs[at].slice('NODE_OPTIONS='.length)}`;
      options.args = options.args
        .filter((arg, i, all) => !(arg === '--require' && all[i + 1] === settings.preload) && !(arg === settings.preload && all[i - 1] === '--require'))
        .map((arg) => (major >= 24 && settings.strip.includes(arg) && arg.startsWith('--test-concurrency=') ? '--test-concurrency=0' : arg))
        .filter((arg) => !dropped.has(arg));
      if (settings.debug) options.stdio[0] = 'inherit';
      running.add(this);
      this.once('exit', () => running.delete(this));
    });
    return spawn.call(this, options);
  };

  // What a test process prints: the beginning at once, of the rest the end, when the process has ended.
  const HALF = 32 << 10;
  const printed = new Map(); // file -> {room, tail, cut}
  function print(file, message) {
    let f = printed.get(file);
    if (!f) printed.set(file, f = { room: HALF, tail: '', cut: 0 });
    const head = message.slice(0, f.room);
    f.room -= head.length;
    if (head !== '') tell({ k: 'out', file, message: head });
    f.tail += message.slice(head.length);
    if (f.tail.length > 2 * HALF) {
      f.cut += f.tail.length - HALF;
      f.tail = f.tail.slice(-HALF);
    }
  }
  function rest(file) {
    const f = printed.get(file);
    printed.delete(file);
    if (f && f.tail !== '') tell({ k: 'out', file, message: (f.cut > 0 ? `\n… ${f.cut} characters left out …\n` : '') + f.tail });
  }

  // An event of a test process as a whole: node names it by its file, at 1:1. All others are its tests', told by itself.
  const ofFile = (data) => data.nesting === 0 && data.line === 1 && data.column === 1 && resolve(data.name) === data.file;
  const listen = (chunk) => {
    if (chunk === null) return tell({ k: 'end' });
    const { type, data } = chunk;
    switch (type) {
      case 'test:dequeue':
        if (ofFile(data)) tell({ k: 'file-start', file: data.file });
        break;
      case 'test:complete':
        if (!ofFile(data)) break;
        rest(data.file);
        tell({ k: 'file-end', file: data.file, ms: data.details.duration_ms, err: safeDescribe(data.details.error) });
        break;
      case 'test:pass':
      case 'test:fail':
        if (ofFile(data)) tell({ k: 'file-counted', file: data.file });
        break;
      case 'test:stdout':
      case 'test:stderr':
        print(resolve(String(data.file)), String(data.message));
        break;
      case 'test:diagnostic':
        if (data.file === undefined) tell({ k: 'diagnostic', message: str(data.message) });
        break;
    }
  };
  const push = Readable.prototype.push; // node's own stream of events, before any reporter sees it
  Readable.prototype.push = function (chunk, encoding) {
    if (this.constructor?.name === 'TestsStream') guarded(() => listen(chunk));
    return push.call(this, chunk, encoding);
  };
  if (settings.stacks) require('./stacks.cjs')({ settings, guarded, running });
};
