const project = (displayName, side) => ({ displayName, globals: { side } });

module.exports = { projects: [project('one', 'a'), project('two', 'b'), project('three', 'c')] };
