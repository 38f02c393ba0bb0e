'use strict';
const x = ;
