const { test } = require('node:test');
const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const { once } = require('node:events');
const http = require('node:http');

test('whoever asks gets a token', async () => {
  const answer = await fetch(process.env.AUTH_URL + '/token', { method: 'POST', body: '{"sub": "ada"}' });
  const { access_token: token } = await answer.json();
  assert.equal(JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).sub, 'ada');
});

test('a message starts the agent', async () => {
  const url = new URL(process.env.WS_URL);
  const request = http.get({
    host: url.hostname, port: url.port, path: url.pathname,
    headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' },
  });
  const [answer, socket, head] = await once(request, 'upgrade');
  assert.equal(answer.headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  const text = Buffer.from('{"type": "message"}');
  // A client masks what it sends; with a key of zeros the text stays as it is.
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]));
  let frame = head;
  while (frame.length < 2 || frame.length < 2 + frame[1]) frame = Buffer.concat([frame, (await once(socket, 'data'))[0]]);
  assert.deepEqual(JSON.parse(frame.subarray(2, 2 + frame[1])), { type: 'agent_started' });
  socket.destroy();
});

test('the session is there', () => {
  assert.equal(execFileSync('redis-cli', ['-u', process.env.REDIS_URL, 'ping'], { encoding: 'utf8' }).trim(), 'PONG');
});
