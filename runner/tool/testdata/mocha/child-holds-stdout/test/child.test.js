'use strict';
const { spawn } = require('node:child_process');
it('leaves a child', () => {
  spawn(process.execPath, ['-e', 'setTimeout(() => {}, 8000)'], { stdio: 'inherit', detached: true }).unref();
});
