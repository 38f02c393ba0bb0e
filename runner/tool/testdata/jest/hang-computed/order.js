const { relative } = require('path');

// By name, so that the files run in the same order each time.
module.exports = class {
  shard(tests) { return tests; }
  sort(tests) { return [...tests].sort((a, b) => (relative('.', a.path) < relative('.', b.path) ? -1 : 1)); }
  allFailedTests(tests) { return tests; }
  cacheResults() {}
};
