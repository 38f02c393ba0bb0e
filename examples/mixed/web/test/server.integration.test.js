import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { test } from 'node:test';

import { escape } from '../escape.js';

test('a note comes back escaped', async (t) => {
  const server = createServer((req, res) => res.end(escape(decodeURIComponent(req.url.slice(1)))));
  t.after(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const reply = await fetch(`http://127.0.0.1:${server.address().port}/${encodeURIComponent('<milk>')}`);
  assert.equal(await reply.text(), '&lt;milk&gt;');
});
