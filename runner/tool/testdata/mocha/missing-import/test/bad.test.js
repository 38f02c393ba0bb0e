'use strict';
const gone = require('./gone.js');
describe('bad', () => { it('never', () => gone()); });
