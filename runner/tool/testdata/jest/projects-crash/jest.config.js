module.exports = { projects: [{ displayName: 'one', globals: { side: 'a' } }, { displayName: 'two', globals: { side: 'b' } }] };
