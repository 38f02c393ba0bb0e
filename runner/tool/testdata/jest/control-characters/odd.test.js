test('nul \u0000 bell \u0007 escape \u001b[31m', () => {
  process.stdout.write(Buffer.from([0xff, 0xfe, 0x00, 0x0a]));
  throw new Error('nul \u0000 lone \ud800 escape \u001b[31mred');
});

test('lone \udc00 surrogate', () => {});
