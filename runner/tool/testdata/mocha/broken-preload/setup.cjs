'use strict';
throw new Error('no setup');
