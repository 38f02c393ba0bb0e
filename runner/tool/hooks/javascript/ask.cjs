'use strict';
// Where the tests hang, asked from outside: `node ask.cjs`, started when it is wanted. The processes that told something in
// the channel are asked one after another, as they share a port; each starts its inspector when node's own signal asks it
// to, from a thread of its own, so also while it spins. What is asked, and how, is in stacks.cjs.
const { execFileSync } = require('child_process');
const { EventEmitter } = require('events');
const { readFileSync } = require('fs');
const { get } = require('http');
const settings = require('./javascript.json');

const PORT = 9229; // node's own
const TRIES = 60;
const PAUSE = 25; // ms between two tries
const pause = () => new Promise((done) => { setTimeout(done, PAUSE); });

// inspected resolves to the address of the inspector that listens, undefined where none does.
const inspected = () => new Promise((done) => {
  get({ host: '127.0.0.1', port: PORT, path: '/json/list', timeout: 1000 }, (answer) => {
    let text = '';
    answer.on('data', (data) => { text += data; });
    answer.on('end', () => {
      try { done(JSON.parse(text)[0]?.webSocketDebuggerUrl); } catch { done(undefined); }
    });
  }).on('error', () => done(undefined));
});

// A process as stacks.cjs knows it: asked with a signal, it says where its inspector listens.
function asked(pid) {
  const stderr = new EventEmitter();
  async function kill() {
    for (let i = 0; await inspected() !== undefined; i++) { // another job is being asked, or somebody debugs
      if (i === TRIES / 2) return;
      await pause();
    }
    process._debugProcess(pid); // SIGUSR1, and what stands for it on Windows
    for (let i = 0; i < TRIES; i++) {
      const address = await inspected();
      if (address !== undefined) return void stderr.emit('data', address);
      await pause();
    }
  }
  return { pid, stderr, kill: () => { kill().catch(() => {}); } };
}

// A process that ended may have left its number to a stranger, whom the signal would end. On Linux a process is known by its
// number and the time of its start, elsewhere by its parent: jest and mocha start their workers themselves.
function started(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch { return undefined; }
}
function children(parent) {
  const [program, ...args] = process.platform === 'win32' ?
    ['powershell', '-NoProfile', '-Command', `(Get-CimInstance Win32_Process -Filter 'ParentProcessId=${parent}').ProcessId`] :
    ['ps', '-A', '-o', 'pid=,ppid='];
  try {
    const lines = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n').map((line) => line.trim().split(/\s+/).map(Number));
    return new Set(lines.filter(([pid, above = parent]) => pid > 0 && above === parent).map(([pid]) => pid));
  } catch { return new Set(); } // it can't be told, so none is asked
}

const ours = new Map(); // process -> the file that it has last begun
const born = new Map(); // process -> when it was started
let main;
for (const line of readFileSync(settings.events, 'utf8').split('\n')) {
  let r;
  try { r = JSON.parse(line); } catch { continue; }
  if (r.run === settings.run) {
    if (r.k === 'hook') main = r.p;
    ours.set(r.p, undefined);
    born.set(r.p, r.born);
  }
  if (ours.has(r.p) && (r.k === 's' || r.k === 'file')) ours.set(r.p, r.f);
}
if ([...ours].some(([pid, file]) => pid !== main && file !== undefined)) ours.delete(main); // it only waits for its workers
const alive = (pid) => {
  try { return process.kill(pid, 0); } catch { return false; }
};
const workers = process.platform === 'linux' ? undefined : children(main);
const running = [...ours.keys()].filter((pid) => (workers === undefined ? born.get(pid) !== undefined && born.get(pid) === started(pid) : alive(pid) && (pid === main || workers.has(pid))));
require('./stacks.cjs')({ settings, guarded: (f) => f(), running: running.map(asked), name: (child) => ours.get(child.pid) ?? `${settings.tool} itself` });
process.emit('SIGUSR2');
