import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

describe('the page, as it is served', () => {
  let web;

  before(() => {
    web = process.env.WEB_URL;
    assert.ok(web, 'WEB_URL is not set: this test needs services; run it by runner, which starts them');
  });

  it('is there with all that it loads', async () => {
    const loaded = new Set();
    const load = async (path) => {
      if (loaded.has(path)) {
        return;
      }
      loaded.add(path);
      const response = await fetch(new URL(path, web));
      assert.equal(response.status, 200, path);
      const text = await response.text();
      for (const [, next] of text.matchAll(/(?:src|href|from)[= ]["']([^"']+)["']/g)) {
        await load(next.replace('./', ''));
      }
    };
    await load('');
    assert.deepEqual([...loaded].sort(), ['', 'chat.css', 'chat.js', 'icon.svg', 'link.js', 'timeline.js']);
  });

  it('may load nothing from elsewhere', async () => {
    const response = await fetch(web);
    assert.equal(response.headers.get('content-security-policy'), "default-src 'self'");
  });

  it('finds the services at its own address', async () => {
    const keys = await (await fetch(new URL('/auth/.well-known/jwks.json', web))).json();
    assert.equal(keys.keys.length, 1);
    assert.equal((await fetch(new URL('/api/threads', web))).status, 401);
  });
});
