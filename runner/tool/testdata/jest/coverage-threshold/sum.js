exports.sum = (a, b) => (a > b ? a + b : b + a);
