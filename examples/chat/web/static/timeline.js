// The timeline is what the page shows: messages, and under each of the agent's the steps of its run. It is made from events alone, so that
// it can be tested without a page, and so that an event which comes twice, or late, does no harm. Timelines and messages are never changed:
// what is another one is a new object, so the page sees at once what it has to draw again.

export const STEPS = ['agent_started', 'agent_thinking', 'tool_executing', 'tool_completed', 'agent_completed'];

export function empty() {
  return { last: '', messages: [] };
}

// kept is the timeline of a thread as the service has it.
export function kept(messages) {
  return { last: '', messages: messages.map(({ id, role, text, run }) => ({ id, role, text, run, steps: [] })) };
}

// said is a timeline with a message of the user's own. It is pending until the service has accepted it.
export function said(timeline, text, ref) {
  return { ...timeline, messages: [...timeline.messages, { role: 'user', text, ref, pending: true, steps: [] }] };
}

// cut is a timeline after the connection broke: of what was pending nobody knows whether it arrived.
export function cut(timeline) {
  const why = 'The connection broke. This may not have arrived.';
  return { ...timeline, messages: timeline.messages.map((m) => (m.pending ? { ...m, pending: false, failed: why } : m)) };
}

// heard is a timeline after an event. An event that it has had already changes nothing.
export function heard(timeline, event) {
  if (event.id && timeline.last && !isAfter(event.id, timeline.last)) {
    return timeline;
  }
  const messages = [...timeline.messages];
  if (event.ref) {
    answer(messages, event);
  } else if (STEPS.includes(event.type)) {
    step(messages, event);
  }
  return { last: event.id || timeline.last, messages };
}

// answer is what the service says to a message of the user's own.
function answer(messages, { type, ref, data }) {
  const at = messages.findIndex((m) => m.ref === ref);
  if (at >= 0 && type === 'accepted') {
    messages[at] = { ...messages[at], id: data.message, pending: false, failed: undefined };
  } else if (at >= 0 && type === 'error') {
    messages[at] = { ...messages[at], pending: false, failed: data.error };
  }
}

function step(messages, { type, run, data }) {
  if (type === 'agent_started') {
    own(messages, data);
  }
  let at = messages.findIndex((m) => m.role === 'agent' && m.run === run);
  if (at < 0) {
    at = messages.push({ role: 'agent', run, text: '', steps: [] }) - 1;
  }
  const { text, steps } = messages[at];
  messages[at] = { ...messages[at], text: type === 'agent_completed' ? data.text : text, steps: [...steps, type] };
}

// own brings the message in that has set off a run, if it was said elsewhere: in another window, or on another device. One that was said here
// has no id before it is accepted, and the run may be quicker than that.
function own(messages, { message, said: text }) {
  if (message === undefined || messages.some((m) => m.id === message)) {
    return;
  }
  const at = messages.findIndex((m) => m.role === 'user' && m.id === undefined && m.text === text);
  if (at < 0) {
    messages.push({ id: message, role: 'user', text, steps: [] });
  } else {
    messages[at] = { ...messages[at], id: message, pending: false, failed: undefined };
  }
}

// isAfter compares the ids of two events: "1700000000000-2" is a time and a number.
export function isAfter(a, b) {
  const [timeA, numberA] = a.split('-').map(BigInt);
  const [timeB, numberB] = b.split('-').map(BigInt);
  return timeA === timeB ? numberA > numberB : timeA > timeB;
}
