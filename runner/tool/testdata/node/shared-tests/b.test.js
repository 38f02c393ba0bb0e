require('./shared.js')('b');
