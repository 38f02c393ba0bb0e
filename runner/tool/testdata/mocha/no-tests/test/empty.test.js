'use strict';
// nothing here
