'use strict';
// Where the test processes hang, on SIGUSR2 to the launcher. See preload.cjs.
//
// A diagnostic report on a signal (process.report.reportOnSignal) is a JavaScript listener: a test would see it, and a
// synchronous loop never lets it run. SIGUSR1 starts the inspector of any node from a thread of its own, so it answers
// in both; nothing had to be put into the test process before. One process after another, as they share a port.
// With threads, those of this very process are asked too, through the inspector's session within it.
module.exports = ({ settings, guarded, running, name = (child) => child.spawnargs.at(-1), threads = false }) => {
  const { appendFileSync, writeFileSync } = require('fs');
  const { SourceMap } = require('module');
  const { request } = require('http');
  const { randomBytes } = require('crypto');
  const ANSWER = 1500; // ms to wait for each answer
  const AGAIN = 200; // ms between two tries to have the inspector's port
  const known = new WeakMap(); // child -> the address of its inspector
  const IDLE = 300; // ms without any code after which a process waits for something

  function frame(text) { // one masked text frame of a client
    const body = Buffer.from(text);
    const mask = randomBytes(4);
    const head = body.length < 126 ? Buffer.from([0x81, 0x80 | body.length]) : Buffer.from([0x81, 0xfe, body.length >> 8, body.length & 255]);
    for (let i = 0; i < body.length; i++) body[i] ^= mask[i & 3];
    return Buffer.concat([head, mask, body]);
  }
  function* frames(state) { // whole frames of a server, unmasked
    for (;;) {
      const b = state.bytes;
      if (b.length < 2) return;
      let length = b[1] & 127;
      let at = 2;
      if (length === 126) { if (b.length < 4) return; length = b.readUInt16BE(2); at = 4; }
      else if (length === 127) { if (b.length < 10) return; length = Number(b.readBigUInt64BE(2)); at = 10; }
      if (b.length < at + length) return;
      state.bytes = b.subarray(at + length);
      yield b.subarray(at, at + length).toString();
    }
  }

  // listening resolves to the address that the inspector of the process prints.
  const listening = (child) => new Promise((done) => {
    let seen = '';
    const look = (data) => {
      seen += data;
      const found = /ws:\/\/(\S+):(\d+)(\/\S+)/.exec(seen);
      if (found) finish({ host: found[1], port: Number(found[2]), path: found[3] });
      else if (seen.includes('address already in use')) { // another one is being asked: it will be over soon
        seen = '';
        again = setTimeout(() => child.kill('SIGUSR1'), AGAIN);
      }
    };
    let again;
    const finish = (address) => {
      clearTimeout(timer);
      clearTimeout(again);
      child.stderr.off('data', look);
      done(address);
    };
    const timer = setTimeout(finish, ANSWER);
    child.stderr.on('data', look);
    child.kill('SIGUSR1');
  });

  const connect = (address) => new Promise((done) => {
    const ask = request({ ...address, headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': 13, 'Sec-WebSocket-Key': randomBytes(16).toString('base64') } });
    ask.on('error', () => done());
    ask.on('upgrade', (_, socket, first) => done({ socket, first }));
    ask.setTimeout(ANSWER, () => ask.destroy());
    ask.end();
  });

  // talk is a conversation with one inspector: send takes a text to it, take is called with each of its messages.
  function talk(send) {
    const waiting = new Map(); // method or id -> resolve
    const scripts = new Map();
    let id = 0;
    const answer = (key) => new Promise((done) => {
      const timer = setTimeout(done, ANSWER);
      waiting.set(key, (m) => { clearTimeout(timer); done(m); });
    });
    const call = (method, params) => {
      send(JSON.stringify({ id: ++id, method, params }));
      return answer(id);
    };
    function take(text) {
      let m;
      try { m = JSON.parse(text); } catch { return; }
      if (m.method === 'Debugger.scriptParsed') scripts.set(m.params.scriptId, m.params);
      waiting.get(m.id ?? m.method)?.(m);
    }
    // at is a frame as it is written in the source: code that was compiled in memory carries its map with it.
    function at({ functionName, url, location }) {
      const script = scripts.get(location.scriptId);
      let [line, column] = [location.lineNumber, location.columnNumber ?? 0];
      const map = /^data:application\/json;.*?base64,(.*)$/s.exec(script?.sourceMapURL ?? '');
      try {
        const entry = map && new SourceMap(JSON.parse(Buffer.from(map[1], 'base64'))).findEntry(line, column);
        if (entry?.originalLine !== undefined) [line, column] = [entry.originalLine, entry.originalColumn];
      } catch { /* the place in the compiled code then */ }
      return `    at ${functionName || '<anonymous>'} (${url || script?.url || '?'}:${line + 1}:${column + 1})`;
    }
    async function stack(pid) {
      await call('Debugger.enable');
      // A process that runs no code answers the first at once, and one that spins when it has been stopped.
      const active = call('Runtime.evaluate', { expression: '`${process.pid} ${process.getActiveResourcesInfo().join(", ")}`' });
      const paused = answer('Debugger.paused');
      call('Debugger.pause');
      await Promise.race([active, paused]);
      const stop = await Promise.race([paused, new Promise((done) => { setTimeout(done, IDLE); })]);
      const where = stop?.params.callFrames[0];
      const asked = stop ? await call('Debugger.evaluateOnCallFrame', { callFrameId: where?.callFrameId, expression: 'process.pid' }) : await active;
      const [, who, rest] = /^(\d+) ?(.*)$/.exec(asked?.result?.result?.value ?? '') ?? [];
      if (pid !== undefined && who !== undefined && Number(who) !== pid) {
        if (stop) await call('Debugger.resume');
        return '    its inspector has no port: another process that is being asked holds it';
      }
      if (!stop) return `    no code runs; it waits for: ${rest || 'nothing that is known'}`;
      const lines = stop.params.callFrames.map(at);
      await call('Debugger.resume');
      // What called the project's outermost frame is the test tool and node: it is the same in each test.
      const end = lines.findLastIndex((line) => !/[\\/]node_modules[\\/]|\(node:/.test(line)) + 1;
      return lines.slice(0, end || undefined).join('\n');
    }
    return { take, call, stack };
  }

  async function look(child) {
    let link = known.has(child) ? await connect(known.get(child)) : undefined; // a loop keeps it from being closed
    if (!link) {
      const address = await listening(child);
      if (!address) return '    its inspector did not start';
      known.set(child, address);
      link = await connect(address);
    }
    if (!link) return '    its inspector did not answer';
    const { socket, first } = link;
    const state = { bytes: first };
    const { take, call, stack } = talk((text) => socket.write(frame(text)));
    socket.on('data', (data) => {
      state.bytes = Buffer.concat([state.bytes, data]);
      for (const text of frames(state)) take(text);
    });
    socket.on('error', () => {});
    try {
      return await stack(child.pid);
    } finally {
      call('Runtime.evaluate', { expression: 'process._debugEnd()' });
      socket.end();
    }
  }

  async function lookAtThreads() {
    const { Session } = require('inspector');
    const session = new Session();
    session.connect();
    const talks = new Map(); // session of a thread -> its talk
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => talks.get(params.sessionId)?.take(params.message));
    session.on('NodeWorker.attachedToWorker', ({ params: { sessionId, workerInfo } }) => {
      talks.set(sessionId, { id: workerInfo.workerId, ...talk((message) => session.post('NodeWorker.sendMessageToWorker', { sessionId, message })) });
    });
    await new Promise((done) => session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }, done));
    for (const { id, stack } of talks.values()) {
      let text;
      try { text = await stack(); } catch (err) { text = `    ${err}`; }
      guarded(() => appendFileSync(settings.stacks, `thread ${id} (pid ${process.pid})\n${text}\n`));
    }
    session.disconnect();
  }

  let busy = false;
  process.on('SIGUSR2', async () => {
    if (busy) return;
    busy = true;
    guarded(() => writeFileSync(settings.stacks, ''));
    for (const child of [...running]) {
      let text;
      try { text = await look(child); } catch (err) { text = `    ${err}`; }
      guarded(() => appendFileSync(settings.stacks, `${name(child)} (pid ${child.pid})\n${text}\n`));
    }
    if (threads) await lookAtThreads().catch((err) => guarded(() => { throw err; }));
    busy = false;
  });
};
