'use strict';
describe('bad', () => { throw new RangeError('in a body'); });
