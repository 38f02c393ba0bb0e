'use strict';
suite('a', () => { suite('b', () => { throw new Error('broken'); }); });
