const patterns = () => ['**/*.steps.js', '**/*.test.js']; // who only reads it can't tell

module.exports = { testMatch: patterns(), testSequencer: './order.js' };
