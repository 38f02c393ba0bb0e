// The page: signs in, opens the user's newest thread, and shows its timeline.
import { Link } from './link.js';
import { cut, empty, heard, kept, said } from './timeline.js';

const at = (id) => document.getElementById(id);
const STEP = { agent_started: 'started', agent_thinking: 'thinking', tool_executing: 'counting', tool_completed: 'counted', agent_completed: 'done' };

let timeline = empty();
let shown = []; // the messages that are drawn
let link;
let token;
let messages = 0; // that were said here; each has its ref by it

async function ask(path, { method = 'POST', body } = {}) {
  const headers = { ...(body && { 'Content-Type': 'application/json' }), ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) }).catch(() => {
    throw new Error('The chat does not answer. Is there a network?');
  });
  const text = await response.text();
  let answer = {};
  try {
    answer = JSON.parse(text || '{}');
  } catch { // it does not come from our services
  }
  if (!response.ok) {
    throw new Error(answer.error ?? `The chat answers ${response.status}. Try again in a moment.`);
  }
  return answer;
}

// element makes one: text is never taken for HTML.
function element(tag, className, ...children) {
  const out = document.createElement(tag);
  out.className = className;
  out.append(...children);
  return out;
}

function draw(message) {
  const mark = (message.pending ? ' pending' : '') + (message.failed ? ' failed' : '');
  const item = element('li', `message ${message.role}${mark}`, element('p', '', message.text));
  if (message.steps.length) {
    item.append(element('ul', 'steps', ...message.steps.map((step) => {
      const line = element('li', '', STEP[step]);
      line.dataset.step = step;
      return line;
    })));
  }
  if (message.failed) {
    item.append(element('p', 'why', message.failed));
  }
  return item;
}

// show draws those messages again that have changed, and follows what is said unless the user reads further up.
function show(next) {
  timeline = next;
  const list = at('messages');
  const follows = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  timeline.messages.forEach((message, i) => {
    if (!shown[i]) {
      list.append(draw(message));
    } else if (shown[i] !== message) {
      list.children[i].replaceWith(draw(message));
    }
  });
  while (list.children.length > timeline.messages.length) {
    list.lastChild.remove();
  }
  shown = timeline.messages;
  if (follows) {
    list.scrollTop = list.scrollHeight;
  }
}

function complain(error) {
  at('error').hidden = !error;
  at('error').textContent = error?.message ?? '';
}

function state(word) {
  at('status').textContent = word;
  at('status').dataset.state = word;
  const inside = word !== 'signed out';
  at('login').hidden = inside;
  at('talk').hidden = !inside;
  at('logout').hidden = !inside;
  at('say').querySelector('button').disabled = word !== 'connected';
}

function leave(why) {
  link.stop();
  state('signed out');
  complain(why);
}

// leaveIfEnded: a WebSocket that is refused does not tell the page why, so it asks whether the token is good still.
async function leaveIfEnded() {
  const asked = await fetch('/api/threads', { headers: { Authorization: `Bearer ${token}` } }).catch(() => ({}));
  if (asked.status === 401 && !link.ended) {
    leave(new Error('Your session has ended. Sign in again.'));
  }
}

async function signIn(credentials, how) {
  token = undefined;
  if (how === 'register') {
    await ask('/auth/register', { body: credentials });
  }
  token = (await ask('/auth/login', { body: credentials })).access_token;
  const [newest] = await ask('/api/threads', { method: 'GET' });
  const thread = newest ?? await ask('/api/threads', { body: { title: 'A talk' } });
  let begun = false;
  link = new Link({
    open: (last) => new WebSocket(`/ws${last && `?last_event_id=${last}`}`, ['chat', `token.${token}`]),
    onState: (word) => {
      if (word !== 'connected') { // that it is when its thread is open: nothing can be said before
        state(word);
      }
      if (word === 'reconnecting') {
        show(cut(timeline));
        leaveIfEnded();
      }
    },
    onEvent: async (event) => {
      if (event.type === 'ready') {
        link.send({ type: 'open', thread: thread.id });
        if (!begun) { // from here on events come: so nothing falls between them and what was kept
          begun = true;
          const before = await ask(`/api/threads/${thread.id}/messages`, { method: 'GET' }).catch(complain) ?? [];
          const { last, messages: meanwhile } = timeline;
          const is = (a, b) => (a.role === 'agent' ? a.run === b.run : a.id === b.id);
          show({ last, messages: [...kept(before).messages, ...meanwhile.filter((m) => !before.some((b) => b.role === m.role && is(m, b)))] });
        }
      } else if (event.type === 'opened') {
        state('connected');
      } else if (event.type === 'error' && !event.ref) {
        complain(new Error(event.data.error));
      }
      if (!event.thread || event.thread === thread.id) {
        show(heard(timeline, event));
      }
    },
  }).start();
}

at('login').addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.target;
  const buttons = [...form.querySelectorAll('button')];
  buttons.forEach((button) => { button.disabled = true; });
  try {
    show(empty());
    await signIn(Object.fromEntries(new FormData(form)), event.submitter.value);
    complain();
    form.reset();
  } catch (error) {
    complain(error);
  } finally {
    buttons.forEach((button) => { button.disabled = false; });
  }
});

at('say').addEventListener('submit', (event) => {
  event.preventDefault();
  const { text } = event.target.elements;
  const ref = String(++messages);
  show(said(timeline, text.value, ref));
  link.send({ type: 'say', text: text.value, ref });
  text.value = '';
});

at('logout').addEventListener('click', async () => {
  try {
    await ask('/auth/revoke', { body: {} });
    leave();
  } catch (error) {
    complain(error);
  }
});
