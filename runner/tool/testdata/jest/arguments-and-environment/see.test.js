const fs = require('fs');

test('sees what a plain run shows', () => {
  const worker = /Child\.js$/.test(process.argv[1]); // jest gives its workers no arguments
  if (!worker) expect(process.argv).toContain('--silent=false');
  if (!worker && !process.env.SEE) expect(process.argv.slice(2)).toEqual(['--silent=false']);
  expect(process.execArgv).toEqual([]);
  expect(JSON.stringify(process.env)).not.toContain('node_modules/runner');
  expect(process.env.OWN).toBe('1');
  if (process.env.SEE) {
    const stack = new Error('here').stack.split('\n').slice(1).map((line) => line.trim().replace(/:\d+:\d+\)?$/, ''));
    fs.writeFileSync(process.env.SEE, JSON.stringify({ argv: process.argv, execArgv: process.execArgv, env: process.env, cwd: process.cwd(), title: process.title, worker: process.env.JEST_WORKER_ID, listeners: process.eventNames().map(String).sort(), stack }));
  }
});
