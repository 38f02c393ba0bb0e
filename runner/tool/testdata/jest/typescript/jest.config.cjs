module.exports = { transform: { '\\.ts$': '<rootDir>/transform.js' } };
