'use strict';
module.exports = { reporter: './reporter.cjs', spec: ['test/healthy.test.js', 'test/bad.test.js'] };
