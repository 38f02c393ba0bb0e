'use strict';
it('nul \u0000, escape \u001b[31m, bell \u0007', () => {
  throw new Error('nul \u0000, half a pair \ud800, \uffff');
});
it('bytes', () => { process.stdout.write(Buffer.from([0xff, 0xfe, 0x00, 0x1b, 0x0a])); });
