'use strict';
// The processes in which vitest runs its files: how they end, where they hang, what they may read. See vitest.cjs.
module.exports = ({ settings, guarded, home, crash }) => {
  const { readFileSync } = require('fs');

  // Which file a worker is at, and in which project, stands in the channel, beside its process id.
  function placeOf(child) {
    let last = {};
    for (const line of readFileSync(settings.events, 'utf8').split('\n')) {
      if (!line.startsWith(`{"p":${child.pid},`)) continue;
      const { f, project } = JSON.parse(line);
      if (f !== undefined) last = { f, project };
    }
    return last;
  }
  const running = new Set(); // worker processes
  require('diagnostics_channel').subscribe('child_process', ({ process: child }) => guarded(() => {
    const ours = () => child.spawnargs?.some((arg) => arg.startsWith(home) || arg.includes('tinypool'));
    child.once('spawn', () => guarded(() => {
      if (!ours()) return;
      running.add(child);
      if (settings.debug && child.stdin) { // vitest gives its workers a pipe that nobody writes to
        child.stdin.on('error', () => {});
        process.stdin.pipe(child.stdin);
        child.once('exit', () => process.stdin.unpipe(child.stdin).pause());
      }
      const { send } = child; // vitest 3 ends when it writes to a worker that died
      if (typeof send === 'function') child.send = function () { return this.connected ? send.apply(this, arguments) : false; };
    }));
    child.once('exit', (code, signal) => guarded(() => {
      running.delete(child);
      const { f, project } = child.killed || !ours() ? {} : placeOf(child);
      if (f !== undefined) crash({ f, project }, signal ? `its worker was ended by ${signal}` : `its worker ended with status ${code}`);
    }));
  }));
  if (settings.stacks) require('./stacks.cjs')({ settings, guarded, running, name: (child) => placeOf(child).f ?? 'a worker of vitest', threads: true });
};
