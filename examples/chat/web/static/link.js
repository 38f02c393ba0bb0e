// A link is a WebSocket that comes back: after a pause that grows, from the last event that was seen.

const CLOSED_TOKEN = 4401;

export class Link {
  // open(lastEvent) gives a WebSocket; later(ms, do) waits. Both are given, so that tests need neither a server nor time.
  constructor({ open, later = (ms, act) => setTimeout(act, ms), onEvent, onState }) {
    Object.assign(this, { open, later, onEvent, onState, last: '', tries: 0, ended: false });
  }

  start() {
    if (!this.tries) { // else it is reconnecting still
      this.onState('connecting');
    }
    const socket = this.open(this.last);
    this.socket = socket;
    socket.onmessage = (message) => {
      const event = JSON.parse(message.data);
      if (event.id) {
        this.last = event.id;
      }
      if (event.type === 'ready') {
        this.tries = 0;
        this.onState('connected');
      }
      this.onEvent(event);
    };
    socket.onclose = ({ code }) => {
      if (this.ended) {
        return;
      }
      if (code === CLOSED_TOKEN) {
        this.ended = true;
        this.onState('signed out');
        return;
      }
      this.onState('reconnecting');
      this.later(pause(this.tries++), () => this.ended || this.start());
    };
    return this;
  }

  send(message) {
    this.socket.send(JSON.stringify(message));
  }

  stop() {
    this.ended = true;
    this.socket.close(1000);
  }
}

// pause is how long to wait before the next try, in ms: 100, 200, 400, up to 5 seconds.
export function pause(tries) {
  return Math.min(100 * 2 ** tries, 5000);
}
