// The page: signs in, opens a thread, and shows its timeline.
import { Link } from './link.js';
import { empty, heard, said } from './timeline.js';

const at = (id) => document.getElementById(id);
let timeline = empty();
let link;
let token;

async function ask(path, body) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
  const answer = response.status === 204 ? {} : await response.json();
  if (!response.ok) {
    throw new Error(answer.error);
  }
  return answer;
}

function show() {
  at('messages').replaceChildren(...timeline.messages.map((message) => {
    const item = document.createElement('li');
    item.className = `message ${message.role}`;
    const text = document.createElement('p');
    text.textContent = message.text || '…';
    const steps = document.createElement('ul');
    steps.className = 'steps';
    steps.append(...message.steps.map((step) => Object.assign(document.createElement('li'), { textContent: step })));
    item.append(text, ...(message.steps.length ? [steps] : []));
    return item;
  }));
}

function complain(error) {
  at('error').hidden = !error;
  at('error').textContent = error?.message ?? '';
}

function signedIn(yes) {
  at('login').hidden = yes;
  at('talk').hidden = !yes;
}

async function signIn(credentials, how) {
  if (how === 'register') {
    await ask('/auth/register', credentials);
  }
  token = (await ask('/auth/login', credentials)).access_token;
  const thread = await ask('/api/threads', { title: 'A talk' });
  timeline = empty();
  link = new Link({
    open: (last) => new WebSocket(`/ws${last && `?last_event_id=${last}`}`, ['chat', `token.${token}`]),
    onState: (state) => {
      at('status').textContent = state;
      signedIn(state !== 'signed out');
    },
    onEvent: (event) => {
      if (event.type === 'ready') {
        link.send({ type: 'open', thread: thread.id });
      }
      if (event.type === 'error') {
        complain(new Error(event.data.error));
      }
      timeline = heard(timeline, event);
      show();
    },
  }).start();
}

at('login').addEventListener('submit', async (event) => {
  event.preventDefault();
  try {
    await signIn(Object.fromEntries(new FormData(event.target)), event.submitter.value);
    complain();
  } catch (error) {
    complain(error);
  }
});

at('say').addEventListener('submit', (event) => {
  event.preventDefault();
  const { text } = event.target.elements;
  timeline = said(timeline, text.value);
  link.send({ type: 'say', text: text.value });
  text.value = '';
  show();
});

at('logout').addEventListener('click', () => ask('/auth/revoke', {}).catch(complain));
