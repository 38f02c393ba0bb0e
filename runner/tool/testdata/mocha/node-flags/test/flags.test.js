'use strict';
it('has the collector', () => { if (typeof gc !== 'function') throw new Error('no --expose-gc'); });
