test('node has its options', () => {
  expect(typeof gc).toBe('function');
  expect(process.execArgv).toEqual(['--expose-gc']);
});
