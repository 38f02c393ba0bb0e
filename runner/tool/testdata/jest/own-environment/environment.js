const { TestEnvironment } = require('jest-environment-node');

module.exports = class extends TestEnvironment {
  async handleTestEvent(event) { if (event.name === 'test_start') this.global.started = (this.global.started ?? 0) + 1; }
};
