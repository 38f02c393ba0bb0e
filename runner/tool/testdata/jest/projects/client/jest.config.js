module.exports = { displayName: 'client' };
