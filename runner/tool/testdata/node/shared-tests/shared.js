const { test } = require('node:test');
module.exports = (name) => test(`shared by ${name}`, () => {});
