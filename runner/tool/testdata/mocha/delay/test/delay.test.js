'use strict';
setTimeout(() => {
  describe('delayed', () => { it('passes', () => {}); });
  run();
}, 50);
