test('waits', () => new Promise(() => {
  require('fs').writeFileSync('other-began', '');
  setInterval(() => {}, 1000);
}), 600000);
