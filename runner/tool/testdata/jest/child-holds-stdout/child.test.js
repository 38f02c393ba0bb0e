const { spawn } = require('child_process');

test('starts a child', () => {
  spawn(process.execPath, ['-e', 'setTimeout(() => {}, 4000)'], { stdio: 'inherit', detached: true }).unref();
});
