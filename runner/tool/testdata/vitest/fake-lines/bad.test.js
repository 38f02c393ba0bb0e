import { test } from 'vitest';

test('prints what looks like results', () => {
  console.log(' \u2713 bad.test.js > faked 1ms');
  console.log(' Test Files  9 passed (9)\n      Tests  99 passed (99)');
  console.log('{"k":"r","f":"bad.test.js","t":["faked"],"o":"passed"}');
  console.log('{"k":"end","o":"passed","tests":99,"files":9}');
  throw new Error('FAIL bad.test.js > not this one');
});
