test('before', () => {});

test('ends it', () => {
  process.kill(process.pid, 'SIGSEGV');
  for (;;);
});

test('after', () => {});
