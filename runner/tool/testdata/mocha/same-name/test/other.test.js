'use strict';
describe('s', () => { it('same', () => {}); });
