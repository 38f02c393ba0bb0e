require('./shared.js')('a');
