const fs = require('fs');

test('sees what a plain run shows', () => {
  expect(process.argv.slice(2)).toEqual(['--silent=false']);
  expect(process.execArgv).toEqual([]);
  expect(Object.keys(process.env).filter((name) => /^(RUNNER|NODE_OPTIONS)/.test(name) && name !== 'RUNNER_TEST_SHOW')).toEqual([]);
  expect(process.env.OWN).toBe('1');
  if (process.env.SEE) {
    const stack = new Error('here').stack.split('\n').slice(1).map((line) => line.trim().replace(/:\d+:\d+\)?$/, ''));
    fs.writeFileSync(process.env.SEE, JSON.stringify({ argv: process.argv, execArgv: process.execArgv, env: process.env, cwd: process.cwd(), title: process.title, worker: process.env.JEST_WORKER_ID, stack }));
  }
});
