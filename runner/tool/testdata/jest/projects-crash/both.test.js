// One side dies while the other is in its midst.
test('before', () => {});
test('ends one side', async () => {
  if (globalThis.side === 'b') process.exit(0);
  await new Promise((done) => { setTimeout(done, 1500); });
});
test('after', () => {});
