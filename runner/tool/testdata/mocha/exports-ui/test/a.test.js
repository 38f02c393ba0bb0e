'use strict';
throw new Error('broken');
