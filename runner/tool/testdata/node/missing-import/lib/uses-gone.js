require('./really-gone');
