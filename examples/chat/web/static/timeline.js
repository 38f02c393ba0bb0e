// The timeline is what the page shows: messages, and under each of the agent's the steps of its run. It is made from events alone, so that
// it can be tested without a page, and so that an event which comes twice, or late, does no harm.

export const STEPS = ['agent_started', 'agent_thinking', 'tool_executing', 'tool_completed', 'agent_completed'];

export function empty() {
  return { last: '', messages: [] };
}

// said is a timeline with a message of the user's own.
export function said(timeline, text) {
  return { ...timeline, messages: [...timeline.messages, { role: 'user', text, steps: [] }] };
}

// heard is a timeline after an event. An event that it has had already changes nothing.
export function heard(timeline, event) {
  if (event.id && timeline.last && !isAfter(event.id, timeline.last)) {
    return timeline;
  }
  const last = event.id || timeline.last;
  if (!STEPS.includes(event.type)) {
    return { ...timeline, last };
  }
  const messages = [...timeline.messages];
  let at = messages.findIndex((m) => m.run === event.run);
  if (at < 0) {
    at = messages.push({ role: 'agent', run: event.run, text: '', steps: [] }) - 1;
  }
  const message = { ...messages[at], steps: [...messages[at].steps, event.type] };
  if (event.type === 'agent_completed') {
    message.text = event.data.text;
  }
  messages[at] = message;
  return { last, messages };
}

// isAfter compares the ids of two events: "1700000000000-2" is a time and a number.
export function isAfter(a, b) {
  const [timeA, numberA] = a.split('-').map(BigInt);
  const [timeB, numberB] = b.split('-').map(BigInt);
  return timeA === timeB ? numberA > numberB : timeA > timeB;
}
