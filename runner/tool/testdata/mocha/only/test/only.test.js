'use strict';
it('left', () => {});
describe('s', () => { it.only('runs', () => {}); it('left', () => {}); });
