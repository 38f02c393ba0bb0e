const ending = 'check';

module.exports = { testMatch: [`**/*.${ending}.js`] };
