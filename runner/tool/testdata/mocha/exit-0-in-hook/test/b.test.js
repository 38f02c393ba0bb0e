'use strict';
describe('b', () => { it('runs apart', () => {}); });
