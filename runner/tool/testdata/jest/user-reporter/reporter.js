module.exports = class { onRunComplete(_, results) { console.log(`user reporter: ${results.numTotalTests}`); } };
