module.exports = {
  projects: [
    { displayName: 'ok', testMatch: ['<rootDir>/ok/**/*.test.js'] },
    { displayName: 'bad', testMatch: ['<rootDir>/bad/**/*.test.js'], setupFilesAfterEnv: ['<rootDir>/bad/setup.js'] },
  ],
};
