jest.useFakeTimers();

test('replaces what a hook could need', () => {
  JSON.stringify = () => { throw new Error('not for the hook'); };
  String.prototype.replace = () => { throw new Error('not for the hook'); };
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
});
test('after', () => {});
