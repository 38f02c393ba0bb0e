import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';

import { Link, pause } from '../static/link.js';

describe('link', () => {
  let sockets, waits, states, events, link;

  beforeEach(() => {
    [sockets, waits, states, events] = [[], [], [], []];
    link = new Link({
      open: (last) => {
        const socket = { last, sent: [], send: (text) => socket.sent.push(text), close: (code) => { socket.closed = code; } };
        sockets.push(socket);
        return socket;
      },
      later: (ms, act) => waits.push({ ms, act }),
      onState: (state) => states.push(state),
      onEvent: (event) => events.push(event),
    }).start();
  });

  const hear = (socket, event) => socket.onmessage({ data: JSON.stringify(event) });

  it('comes back from the last event that it saw', () => {
    hear(sockets[0], { type: 'ready', id: '4-0' });
    hear(sockets[0], { type: 'agent_started', id: '5-0' });
    hear(sockets[0], { type: 'accepted' });
    sockets[0].onclose({ code: 1006 });
    waits[0].act();
    assert.equal(sockets[1].last, '5-0');
    assert.deepEqual(events.map((e) => e.type), ['ready', 'agent_started', 'accepted']);
  });

  it('waits longer each time, until it is connected again', () => {
    for (let i = 0; i < 3; i++) {
      sockets[i].onclose({ code: 1006 });
      waits[i].act();
    }
    hear(sockets[3], { type: 'ready' });
    sockets[3].onclose({ code: 1006 });
    assert.deepEqual(waits.map((w) => w.ms), [100, 200, 400, 100]);
    assert.equal(pause(30), 5000);
    assert.deepEqual(states, ['connecting', 'reconnecting', 'reconnecting', 'reconnecting', 'connected', 'reconnecting']);
  });

  it('does not come back when its token has ended, or when it was stopped', () => {
    sockets[0].onclose({ code: 4401 });
    assert.deepEqual([waits.length, states.at(-1)], [0, 'signed out']);
    link.start();
    link.stop();
    sockets[1].onclose({ code: 1000 });
    assert.equal(waits.length, 0);
  });

  it('sends messages as JSON', () => {
    link.send({ type: 'say', text: 'hello' });
    assert.deepEqual(sockets[0].sent, ['{"type":"say","text":"hello"}']);
  });
});
