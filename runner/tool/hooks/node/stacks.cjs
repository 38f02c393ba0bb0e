'use strict';
// Where the test processes hang, on SIGUSR2 to the launcher. See preload.cjs.
//
// A diagnostic report on a signal (process.report.reportOnSignal) is a JavaScript listener: a test would see it, and a
// synchronous loop never lets it run. SIGUSR1 starts the inspector of any node from a thread of its own, so it answers
// in both; nothing had to be put into the test process before. One process after another, as they share a port.
module.exports = ({ settings, guarded, running }) => {
  const { appendFileSync, writeFileSync } = require('fs');
  const { request } = require('http');
  const { randomBytes } = require('crypto');
  const ANSWER = 1500; // ms to wait for each answer

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
    };
    const finish = (address) => {
      clearTimeout(timer);
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

  async function look(child) {
    const address = await listening(child);
    if (!address) return '    its inspector did not start';
    const link = await connect(address);
    if (!link) return '    its inspector did not answer';
    const { socket, first } = link;
    const state = { bytes: first };
    const waiting = new Map(); // method or id -> resolve
    const urls = new Map();
    const read = (data) => {
      state.bytes = Buffer.concat([state.bytes, data]);
      for (const text of frames(state)) {
        let m;
        try { m = JSON.parse(text); } catch { continue; }
        if (m.method === 'Debugger.scriptParsed') urls.set(m.params.scriptId, m.params.url);
        waiting.get(m.id ?? m.method)?.(m);
      }
    };
    socket.on('data', read);
    socket.on('error', () => {});
    const answer = (key) => new Promise((done) => {
      const timer = setTimeout(done, ANSWER);
      waiting.set(key, (m) => { clearTimeout(timer); done(m); });
    });
    let id = 0;
    const call = (method, params) => {
      socket.write(frame(JSON.stringify({ id: ++id, method, params })));
      return answer(id);
    };
    try {
      await call('Debugger.enable');
      const active = await call('Runtime.evaluate', { expression: 'process.getActiveResourcesInfo().join(", ")' });
      const paused = answer('Debugger.paused');
      await call('Debugger.pause');
      const stop = await paused;
      if (!stop) return `    no code runs; it waits for: ${active?.result?.result?.value || 'nothing that is known'}`;
      const text = stop.params.callFrames.map((f) =>
        `    at ${f.functionName || '<anonymous>'} (${f.url || urls.get(f.location.scriptId) || '?'}:${f.location.lineNumber + 1}:${(f.location.columnNumber ?? 0) + 1})`).join('\n');
      await call('Debugger.resume');
      return text;
    } finally {
      socket.write(frame(JSON.stringify({ id: ++id, method: 'Runtime.evaluate', params: { expression: 'process._debugEnd()' } })));
      socket.end();
    }
  }

  let busy = false;
  process.on('SIGUSR2', async () => {
    if (busy) return;
    busy = true;
    guarded(() => writeFileSync(settings.stacks, ''));
    for (const child of [...running]) {
      let text;
      try { text = await look(child); } catch (err) { text = `    ${err}`; }
      guarded(() => appendFileSync(settings.stacks, `${child.spawnargs.at(-1)} (pid ${child.pid})\n${text}\n`));
    }
    busy = false;
  });
};
