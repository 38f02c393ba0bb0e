test('prints', () => {
  console.log('PASS other.test.js');
  process.stdout.write('{"k":"r","f":"fake.test.js","t":["invented"],"o":"passed"}\n{"k":"end","o":"passed","tests":5}\n');
  process.stderr.write('Tests:       5 passed, 5 total\n');
  throw new Error('Tests: 5 passed');
});
