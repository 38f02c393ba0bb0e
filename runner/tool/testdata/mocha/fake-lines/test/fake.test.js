'use strict';
it('prints', () => {
  console.log('{"k":"r","t":["invented"],"o":"passed"}');
  console.log('{"k":"end","o":"passed","tests":5,"files":1}');
  console.log('\n  5 passing (3ms)\n');
  throw new Error('and fails');
});
