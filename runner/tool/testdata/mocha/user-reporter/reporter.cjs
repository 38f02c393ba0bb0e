'use strict';
module.exports = function (runner) {
  runner.on('pass', (t) => console.log('REPORTER SAW ' + t.fullTitle()));
  runner.on('fail', (t, e) => console.log('REPORTER HEARD ' + e.message));
};
