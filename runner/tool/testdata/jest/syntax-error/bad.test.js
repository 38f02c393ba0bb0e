test('never', () => {
  expect(1).toBe(1);
  if (x {
});
