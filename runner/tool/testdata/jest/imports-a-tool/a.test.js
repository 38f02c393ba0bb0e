const { runCLI } = require('@jest/core');

test('a jest in a jest', () => { expect(typeof runCLI).toBe('function'); });
