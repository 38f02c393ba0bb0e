import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { escape } from '../escape.js';

describe('escape', () => {
  it('leaves plain text alone', () => {
    assert.equal(escape('milk'), 'milk');
  });

  it('writes <, > and & as entities', () => {
    assert.equal(escape('<b>&</b>'), '&lt;b&gt;&amp;&lt;/b&gt;');
  });
});
