test('loud', () => {
  process.stdout.write('x'.repeat(10 << 20));
  process.stdout.write('\n');
});

test('loud error', () => { throw new Error('y'.repeat(1 << 20)); });
