const old = 'old';

module.exports = { testPathIgnorePatterns: [`/${old}`] };
