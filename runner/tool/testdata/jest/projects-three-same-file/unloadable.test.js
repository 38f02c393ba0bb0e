if (globalThis.side === 'c') {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000); // the others have ended by then
  throw new Error('not on this side');
}
test('where it loads', () => {});
