'use strict';
const assert = require('assert');
const gone = require('./gone');

assert(gone);
