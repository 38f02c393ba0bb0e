module.exports = {
  roots: ['<rootDir>/checks'],
  testRegex: '\\.check\\.js$',
  testPathIgnorePatterns: ['/node_modules/', 'two'],
};
