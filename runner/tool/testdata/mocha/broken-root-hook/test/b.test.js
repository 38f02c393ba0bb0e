'use strict';
describe('b', () => { it('b', () => {}); });
