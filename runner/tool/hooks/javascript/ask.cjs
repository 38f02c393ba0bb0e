'use strict';
// Where the tests hang, asked from outside: `node ask.cjs`, started when it is wanted. The processes that told something in
// the channel are asked one after another, as they share a port; each starts its inspector when node's own signal asks it
// to, from a thread of its own, so also while it spins. What is asked, and how, is in stacks.cjs.
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

const ours = new Map(); // process -> the file that it has last begun
let main;
for (const line of readFileSync(settings.events, 'utf8').split('\n')) {
  let r;
  try { r = JSON.parse(line); } catch { continue; }
  if (r.run === settings.run) {
    if (r.k === 'hook') main = r.p;
    ours.set(r.p, undefined);
  }
  if (ours.has(r.p) && (r.k === 's' || r.k === 'file')) ours.set(r.p, r.f);
}
if ([...ours].some(([pid, file]) => pid !== main && file !== undefined)) ours.delete(main); // it only waits for its workers
const running = [...ours.keys()].filter((pid) => {
  try { return process.kill(pid, 0); } catch { return false; }
});
require('./stacks.cjs')({ settings, guarded: (f) => f(), running: running.map(asked), name: (child) => ours.get(child.pid) ?? `${settings.tool} itself` });
process.emit('SIGUSR2');
