import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { STEPS, cut, empty, heard, isAfter, kept, said } from '../static/timeline.js';

const run = (name, from) => STEPS.map((type, i) => ({ id: `${from + i}-0`, type, run: name, data: { text: `answer of ${name}` } }));
const all = (events) => events.reduce(heard, empty());

describe('timeline', () => {
  it('shows a message, the steps of the run, and the answer', () => {
    const timeline = run('r1', 1).reduce(heard, kept([{ id: 7, role: 'user', text: 'hello' }]));
    assert.deepEqual(timeline.messages, [
      { id: 7, role: 'user', text: 'hello', run: undefined, steps: [] },
      { role: 'agent', run: 'r1', text: 'answer of r1', steps: STEPS },
    ]);
  });

  it('keeps two runs apart, however their events mix', () => {
    const [a, b] = [run('a', 1), run('b', 10)];
    const mixed = [...a.slice(0, 2), ...b.slice(0, 2), ...a.slice(2), ...b.slice(2)];
    const timeline = all(mixed.map((event, i) => ({ ...event, id: `${i + 1}-0` })));
    assert.deepEqual(timeline.messages.map((m) => [m.run, m.steps.length]), [['a', 5], ['b', 5]]);
  });

  it('takes no event twice', () => {
    const events = run('r1', 1);
    const timeline = all([...events, ...events.slice(2)]);
    assert.deepEqual(timeline.messages[0].steps, STEPS);
    assert.equal(timeline.last, '5-0');
  });

  it('passes over what it does not know, and remembers where it was', () => {
    const timeline = all([{ id: '7-0', type: 'ready' }, { type: 'opened' }]);
    assert.deepEqual(timeline, { last: '7-0', messages: [] });
  });

  it('does not change the timeline that it was given', () => {
    const before = said(empty(), 'hello');
    heard(before, run('r1', 1)[0]);
    assert.equal(before.messages.length, 1);
  });
});

describe('a message of the user', () => {
  const started = { id: '1-0', type: 'agent_started', run: 'r1', data: { message: 7, said: 'hello' } };
  const accepted = { type: 'accepted', ref: '1', data: { message: 7 } };
  const brief = (timeline) => timeline.messages.map((m) => [m.role, m.id, m.pending, m.failed]);

  it('is pending until it is accepted', () => {
    const before = said(empty(), 'hello', '1');
    assert.deepEqual(brief(before), [['user', undefined, true, undefined]]);
    assert.deepEqual(brief(heard(before, accepted)), [['user', 7, false, undefined]]);
  });

  it('is there once, whether the answer or the run comes first', () => {
    const want = [['user', 7, false, undefined], ['agent', undefined, undefined, undefined]];
    assert.deepEqual(brief([accepted, started].reduce(heard, said(empty(), 'hello', '1'))), want);
    assert.deepEqual(brief([started, accepted].reduce(heard, said(empty(), 'hello', '1'))), want);
  });

  it('comes in with its run when it was said in another window', () => {
    const timeline = heard(empty(), started);
    assert.deepEqual(timeline.messages.map((m) => [m.role, m.text]), [['user', 'hello'], ['agent', '']]);
  });

  it('says why it was refused', () => {
    const timeline = heard(said(empty(), 'hello', '1'), { type: 'error', ref: '1', data: { error: 'too long' } });
    assert.deepEqual(brief(timeline), [['user', undefined, false, 'too long']]);
  });

  it('is not known to have arrived when the connection broke, until its run says so', () => {
    const timeline = cut(said(empty(), 'hello', '1'));
    assert.match(timeline.messages[0].failed, /may not have arrived/);
    assert.equal(heard(timeline, started).messages[0].failed, undefined);
  });
});

describe('isAfter', () => {
  it('compares numbers, not texts', () => {
    assert.ok(isAfter('10-0', '9-0'));
    assert.ok(isAfter('9-10', '9-9'));
    assert.ok(!isAfter('9-9', '9-9'));
  });
});
