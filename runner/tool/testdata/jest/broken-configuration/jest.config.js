module.exports = { testEnvironment: 'nowhere' };
